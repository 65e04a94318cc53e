"""Small helpers that every part may use: errors, JSON, git."""
