"""The conversation: steps that fill a transcript."""
