"""Phone books of customers: contacts, lists of them, and what their phones are given."""
