"""How near the system is to the bare machine: every figure a ratio, measured in the same run (`make bench`)."""
