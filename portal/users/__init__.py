"""People who sign in: signing in and out, passwords."""
