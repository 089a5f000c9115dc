"""`python -m sandbox`."""

from sandbox.entrypoints.worker import main

main()
