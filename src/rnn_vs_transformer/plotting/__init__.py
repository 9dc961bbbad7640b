"""The figures, drawn from the results of one run; nothing here computes a result."""
