"""All that a family is built and trained with."""
