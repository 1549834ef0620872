"""Routes of the HTTP contract, a file a noun."""
