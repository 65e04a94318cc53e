"""The catalogue and its binding to statements."""
