"""What it knows: plain classes and functions, no imports outward."""
