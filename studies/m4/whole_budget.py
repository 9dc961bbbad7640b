"""Write what the options that helped change with the whole budget: `python -m studies.m4.whole_budget`.

Its trials are those of `python -m studies.m4.earlier whole_budget`, and the base of `earlier`.
"""

import sys
from typing import Final

import pandas as pd

from rnn_vs_transformer.evaluation.rows import DIGITS
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_json, write_json, write_table
from studies.m4.earlier import FAMILIES_PART, earlier_series, read_earlier
from studies.m4.earlier_summary import RESULTS, compare_options, helping, judges, option_errors, option_table
from studies.m4.summary import series_table
from studies.m4.tables import options_markdown

TABLE: Final = RESULTS / "m4_whole_budget.csv"
FAMILIES_TOLD: Final = RESULTS / "m4_whole_budget.json"


def main() -> None:
    """Write m4_whole_budget.csv and .json, with m4_whole_budget_series.csv the errors; show all options."""
    plan, (names, _) = read_earlier(), earlier_series(read_earlier())
    _, test = judges(plan)
    found = option_errors(plan, FAMILIES_PART, plan["whole_budget"], test)
    table = option_table(plan, found, {}).round(DIGITS)
    families = compare_options(found, plan["margin"])
    write_table(TABLE, table)
    errors = {f"{family}_{name}": one.mean for family, some in found.items() for name, one in some.items()}
    write_table(RESULTS / "m4_whole_budget_series.csv", series_table(pd.DataFrame({"series": names}), errors))
    write_json(FAMILIES_TOLD, {"families": families, "options_that_help": helping(table)})
    short = read_json(RESULTS / "m4_earlier.json")["families_by_option"]
    print(options_markdown(pd.read_csv(RESULTS / "m4_options.csv"), table, short, families))  # noqa: T201


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
