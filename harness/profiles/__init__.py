"""Specifications, one folder each."""
