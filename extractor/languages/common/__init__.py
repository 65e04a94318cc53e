"""What languages share: facts of code, packages, commands, paths."""
