"""Analyses beside the main comparison, made where report.analyses asks for them."""
