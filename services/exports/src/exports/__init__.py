"""Import files for accounting software: formats, writers, the check of a FEC."""
