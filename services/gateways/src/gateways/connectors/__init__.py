"""One folder per accounting software; `registry` finds them by their data sheet."""
