"""What the service knows: the book to write, formats, what does not fit. No input and no output here."""
