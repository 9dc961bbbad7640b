"""What the families cost in time and memory against the context length."""
