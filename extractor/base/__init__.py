"""Small helpers for both packages: errors, whole files and locks, patterns, suggestions, TOML, printable text."""
