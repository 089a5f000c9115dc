"""Stand-ins for the Qonto platform and for each accounting software, with the ledger that judges."""
