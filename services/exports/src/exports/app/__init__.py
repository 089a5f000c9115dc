"""What the service does: one export from the first entry to the finished files."""
