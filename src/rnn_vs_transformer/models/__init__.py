"""Forecasters: one shared shell, two mixers, three baselines."""
