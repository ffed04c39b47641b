"""The CPE inventory: devices and their ports."""
