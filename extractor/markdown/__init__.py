"""Markdown as the sites write it: one file per rule or flavour, each a plugin to markdown-it-py."""
