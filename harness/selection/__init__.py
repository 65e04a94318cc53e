"""Which examples a run is about: filters, shards, and what a change affects."""
