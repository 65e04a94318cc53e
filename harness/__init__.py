"""Bundles in, findings out: containers, conversations, checks, reports."""
