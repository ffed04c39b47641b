"""The REST API: the same queries and verbs as the pages, for programs with a token."""
