"""Texts run by the workers of a Dask cluster, each on its own machine's container engine."""
