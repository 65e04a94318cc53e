"""Blocks of a page to programs: what belongs together, what each does, what its files are called, what is missing."""
