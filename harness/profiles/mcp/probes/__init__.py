"""The conversation with an example: what is sent, in which order, and how it is recorded."""
