"""Docs in, values out: pages, blocks, statements, examples, bundles."""
