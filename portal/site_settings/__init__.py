"""What holds for the whole portal: its layer of settings, and its own site address."""
