"""Figures of the page as plain geometry, which the template writes as SVG; each has its numbers as a table."""
