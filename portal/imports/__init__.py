"""The import of lists: parse → normalise → validate → plan → apply."""
