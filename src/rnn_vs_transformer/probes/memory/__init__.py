"""How far back each model remembers: the memory probe (claim C2)."""
