"""Profiles: drafts, versions, publishing."""
