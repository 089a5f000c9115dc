"""What every Qontable Sync service shares.

Events, entries, bus, outbox and inbox, database access, vault, telemetry, settings, command root.
"""
