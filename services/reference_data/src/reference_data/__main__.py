"""`python -m reference_data` runs the service."""

from reference_data.entrypoints.worker import main

main()
