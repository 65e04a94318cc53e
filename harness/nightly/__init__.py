"""Trends over nights: history and site."""
