"""The HTTP API: what accountants' programs may do, and nothing that they may not."""
