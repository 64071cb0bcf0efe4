"""The ledger: what must happen (jobs), and what a person approved (proposals)."""
