"""`python -m hub`."""

from hub.entrypoints.worker import main

main()
