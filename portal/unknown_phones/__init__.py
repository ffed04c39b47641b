"""Phones that called in and are not in the inventory: adopt them, or ignore them."""
