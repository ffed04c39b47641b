"""``portal import``."""
