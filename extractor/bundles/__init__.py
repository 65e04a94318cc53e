"""Example -> Bundle, one file per language."""
