"""Which examples a run is about: globs and shards, or what a pull request touches."""
