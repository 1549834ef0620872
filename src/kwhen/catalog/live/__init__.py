"""Live prices, emissions, loads and yields from their publishers, off until configured.

Every source has a module with `fetch` (network) and `read` (pure, from bytes to values).
"""
