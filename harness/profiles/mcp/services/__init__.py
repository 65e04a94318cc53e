"""What examples need beside them."""
