"""The map: which family is better on which kind of series, by length, a figure per recipe."""

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from rnn_vs_transformer.reporting.charts.squares import Square, Squares
from rnn_vs_transformer.reporting.figures.words import Texts, axis_word, titled
from rnn_vs_transformer.reporting.general import KINDS
from rnn_vs_transformer.reporting.tables import Cell, Table, cell, per_cent
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.runtime import paths

CELLS: Final = paths.STUDIES / "map_cells.csv"
RECIPES: Final = ("at_its_best", "tutorial", "tutorial_gru", "season_tokens")
LOOKS: Final = {"rnn better": "rnn", "transformer better": "transformer", "equivalent": "equal", "inconclusive": "open"}


def world_map(texts: Texts, results: Results) -> Iterator[Squares]:
    """A square per kind and length, where the study lies here."""
    if "map" not in results.studies or not CELLS.exists():
        return
    table = pd.read_csv(CELLS)
    shortest = table[table["steps"] == table["steps"].min()]  # of which no other context was tried
    usual = shortest.groupby("case")["context_length"].first()
    table = table[table["context_length"] == table["case"].map(usual)]
    lengths = sorted(int(length) for length in table["steps"].unique())
    kinds = [kind for kind in KINDS if kind in set(table["case"])]
    for recipe in RECIPES:
        found = table[table["comparison"] == recipe].set_index(["case", "steps"]).to_dict("index")
        yield Squares(
            **{**titled(texts, "map", recipe=texts["map_recipes"][recipe]), "name": f"map_{recipe}"},
            rows=[texts["map_kinds"][kind] for kind in kinds],
            columns=[f"{length:,}" for length in lengths],
            label=axis_word(texts, "steps_to_learn"),
            squares=[
                _square(texts, found[kind, length], (row, column))
                for row, kind in enumerate(kinds) for column, length in enumerate(lengths) if (kind, length) in found
            ],
            table=_table(texts, found),
        )  # fmt: skip


def _square(texts: Texts, found: dict[Any, Any], place: tuple[int, int]) -> Square:
    beaten = not (found["rnn_better_than_ridge"] or found["transformer_better_than_ridge"])
    return Square(
        *place, LOOKS[found["verdict"]], per_cent(found["relative_difference"]).removesuffix(" %"),
        f"{_interval(texts, found)}, {texts['map_verdicts'][found['verdict']]}", "r" if beaten else "",
    )  # fmt: skip


def _interval(texts: Texts, found: dict[Any, Any]) -> str:
    return str(texts["to"]).join(per_cent(found[end]) for end in ("ci_low", "ci_high"))


def _table(texts: Texts, found: dict[Any, dict[Any, Any]]) -> Table:
    rows = [
        [cell(texts["map_kinds"][kind]), Cell(f"{steps:,}", steps),
         Cell(per_cent(one["relative_difference"]), one["relative_difference"]), Cell(_interval(texts, one)),
         cell(texts["map_verdicts"][one["verdict"]])]
        for (kind, steps), one in found.items()
    ]  # fmt: skip
    return Table(texts["map_columns"], rows, words=(0, 4))
