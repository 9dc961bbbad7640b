"""What the tutorial and the textbooks claim of the two families, one file per group: rule, number and words."""
