"""Output formats: each is a pure function of a Report. ``formats`` lists them."""
