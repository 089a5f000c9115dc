"""How it is started: the command line."""
