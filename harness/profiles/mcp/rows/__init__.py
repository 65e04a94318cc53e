"""The catalogue's rows, one module per topic."""
