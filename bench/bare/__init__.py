"""What the machine gives to a loop that does nothing but move the same bytes and write the same rows."""
