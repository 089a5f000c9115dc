"""`python -m gateways`."""

from gateways.entrypoints.worker import main

main()
