"""From the blocks of a page to runnable examples."""
