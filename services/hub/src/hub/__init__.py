"""Connections, options, mapping, activation, read model and HTTP API for accountants."""
