"""The whole portal as its users meet it: real processes, real clients, TLS."""
