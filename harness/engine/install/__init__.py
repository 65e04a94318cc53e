"""Installing a bundle's dependencies into an image: one module per package manager, wired in ``installer``."""
