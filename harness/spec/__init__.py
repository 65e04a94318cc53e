"""Bindings of requirements to sentences, and how sentences changed."""
