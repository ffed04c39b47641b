"""SIP accounts."""
