"""Certificates that phones prove themselves with, and the portal's own."""
