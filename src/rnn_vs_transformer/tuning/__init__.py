"""Tuning on equal budgets: what may be tried, how it is chosen, and what both families get alike."""
