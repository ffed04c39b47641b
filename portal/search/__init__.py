"""Search everywhere: one box for all that the portal knows."""
