"""Studies: many runs of the pipeline with one question, each a script that anyone can rerun (see docs/results.md)."""

from rnn_vs_transformer.settings.recipes import recipe_overrides


def study_base() -> tuple[str, ...]:
    """Where every run of a study starts: the case study on ETTh1, whatever `-S` has left in params.yaml."""
    return (*recipe_overrides("case-study"), *recipe_overrides("ett"), "train.recipes=[tutorial]", "report.analyses=[]")
