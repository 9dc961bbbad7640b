"""Scores of the forecasts on the test split, and the comparison of the families."""
