"""Saved results: read, joined."""
