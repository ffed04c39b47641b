"""What phones the portal knows, and what each of them supports."""
