"""Where a series comes from: the synthetic world, or a user's table."""
