"""`qontable sandbox`: what the stand-ins do on a person's behalf."""

import typer

from sandbox.entrypoints.ledger import ledger
from sandbox.entrypoints.publish import publish

app = typer.Typer(no_args_is_help=True, help="Stand-in platform and softwares: publish a book, look at the ledger.")
app.command()(publish)
app.command()(ledger)
