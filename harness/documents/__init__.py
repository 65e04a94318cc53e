"""Saved results read, joined and judged again; nothing is run."""
