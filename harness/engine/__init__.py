"""The only place that knows docker."""
