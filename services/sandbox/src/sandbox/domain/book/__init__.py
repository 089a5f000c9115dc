"""A realistic year of a small French company, generated: one seed, one book, of any number of entries."""
