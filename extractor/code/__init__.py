"""What a piece of code says of itself, told by a real parser: one module per grammar, one set of facts."""
