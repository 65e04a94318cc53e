"""What examples expect in their pod: an authorization server, and a server for clients to talk to."""
