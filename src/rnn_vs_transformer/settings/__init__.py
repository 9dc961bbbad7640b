"""The typed schema of params.yaml, a file per section: unknown keys are refused and every value is checked.

`params.yaml` holds every default; nothing here repeats one. A sentence under a field is its documentation.
"""
