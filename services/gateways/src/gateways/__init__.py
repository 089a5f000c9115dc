"""Lanes, deliveries and connectors: the only place that calls accounting software."""
