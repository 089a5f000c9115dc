"""Validated entries: intake, documents, pre-flight, dispatch and status."""
