"""One pure check per requirement."""
