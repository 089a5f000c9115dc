"""What it does: handlers and schedules."""
