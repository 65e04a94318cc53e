"""Docs trees, pages and blocks."""
