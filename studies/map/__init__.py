"""The map: where each family wins, over cases, lengths and recipes; draws are the independent units (`make map`)."""
