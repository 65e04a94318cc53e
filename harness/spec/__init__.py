"""Requirements bound to sentences, and how sentences changed."""
