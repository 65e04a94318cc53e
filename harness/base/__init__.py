"""Small modules that every part of the harness may use, and that use none of it."""
