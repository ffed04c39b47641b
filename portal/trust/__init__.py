"""The Security page: what is lowered, open, banned or due, with the button that ends it."""
