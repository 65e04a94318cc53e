"""Markdown as documentation sites write it: rules for markdown-it-py, and the parser of each dialect."""
