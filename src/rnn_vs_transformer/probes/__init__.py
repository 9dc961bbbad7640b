"""Textbook claims put to the test, one file per probe."""
