"""What the portal looks like now: numbers that each open their list, and the first steps."""
