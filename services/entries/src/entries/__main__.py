"""`python -m entries` runs the worker."""

from entries.entrypoints.worker import main

main()
