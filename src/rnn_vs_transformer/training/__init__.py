"""One fit loop for both families, and its runs over the paired seeds."""
