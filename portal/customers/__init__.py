"""Customers: who has the phones."""
