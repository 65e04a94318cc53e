"""The requirements of A2A, one module per family."""
