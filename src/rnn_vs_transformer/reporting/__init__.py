"""Figures from saved files; nothing here computes a result."""
