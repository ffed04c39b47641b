"""API tokens: programs that act for a user, with no more rights than that user has."""
