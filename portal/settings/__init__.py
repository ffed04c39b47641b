"""What a setting is, and which layer wins."""
