"""What it talks to: tables, topics, HTTP, storage."""
