"""What a program executes for the requests that violate something: its conversation, held once more with a tracer."""
