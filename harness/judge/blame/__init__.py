"""Which lines of a page cause a violation, and how sure that is. Pure."""
