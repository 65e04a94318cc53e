"""Runs examples and reports on them."""
