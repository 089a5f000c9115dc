"""One folder per accounting software that the sandbox stands in for, built from the vendor's own facts only."""
