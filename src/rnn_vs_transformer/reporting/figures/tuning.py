"""What a search found, where there was one."""

from collections.abc import Iterator
from itertools import accumulate

from rnn_vs_transformer.reporting.charts import axis
from rnn_vs_transformer.reporting.charts.lines import Curve, Lines
from rnn_vs_transformer.reporting.figures.words import Texts, axis_word, name_of, titled
from rnn_vs_transformer.results import Results

RATE = "train.learning_rate"


def tuning(texts: Texts, results: Results) -> Iterator[Lines]:
    """The best loss so far by trial and by second, and the loss of each trial against its learning rate."""
    if not results.searches:
        return
    progress = [_so_far(texts, results, family, list(range(1, len(search.trials) + 1)))
                for family, search in results.searches.items()]  # fmt: skip
    y = axis.linear(axis_word(texts, "validation_mse"), [value for curve in progress for value in curve.y])
    trials = axis.steps(axis_word(texts, "trials"), [x for curve in progress for x in curve.x])
    yield Lines(**titled(texts, "tuning_progress"), x=trials, y=y, curves=progress, form=".4f")
    timed = {family: list(accumulate(search.seconds)) for family, search in results.searches.items() if search.seconds}
    if timed:
        curves = [_so_far(texts, results, family, seconds) for family, seconds in timed.items()]
        x = axis.linear(axis_word(texts, "tuning_seconds"), [x for curve in curves for x in curve.x], zero=True)
        yield Lines(**titled(texts, "tuning_seconds"), x=x, y=y, curves=curves, form=".4f")
    yield from _rates(texts, results)


def _so_far(texts: Texts, results: Results, family: str, x: list[float] | list[int]) -> Curve:
    best = [float("nan") if loss is None else loss for loss in results.searches[family].best_so_far]
    return Curve(name_of(texts, family), family, x, best)


def _rates(texts: Texts, results: Results) -> Iterator[Lines]:
    curves = []
    for family, search in results.searches.items():
        found = [(trial["values"][RATE], loss) for trial, loss in zip(search.trials, search.best, strict=True)
                 if RATE in trial["values"] and loss is not None]  # fmt: skip
        rates, losses = ([pair[place] for pair in sorted(found)] for place in (0, 1))
        curves.append(Curve(name_of(texts, family), family, rates, losses))
    yield Lines(
        **titled(texts, "tuning_values"),
        x=axis.logarithmic(axis_word(texts, "learning_rate"), [x for curve in curves for x in curve.x]),
        y=axis.logarithmic(axis_word(texts, "validation_mse"), [y for curve in curves for y in curve.y]),
        curves=curves,
        dots=True,
    )
