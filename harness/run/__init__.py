"""Runs examples and keeps what was learnt."""
