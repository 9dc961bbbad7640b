"""Studies: many runs of the pipeline with one question, each a script that anyone can rerun (see docs/results.md)."""
