"""Phone families that an administrator describes in the browser."""
