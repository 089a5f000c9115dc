"""How it starts: worker, web, command line."""
