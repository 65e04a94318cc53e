"""The Agent2Agent protocol (A2A): its docs, the code that is about it, its conversation over JSON-RPC, its rules."""
