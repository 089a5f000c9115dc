"""`python -m exports` runs the worker."""

from exports.entrypoints.worker import main

main()
