"""The phones' road: from a request to the one file that this phone may have."""
