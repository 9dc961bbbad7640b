"""The page, rendered from the results; nothing here computes one."""
