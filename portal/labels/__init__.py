"""Labels for devices: a printable sheet with a code of each MAC."""
