"""Public facts, the same for every tenant: sources, places, plans. Read-only at run time."""
