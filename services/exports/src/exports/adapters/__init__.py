"""What the service talks to: files of entries, folders, archives."""
