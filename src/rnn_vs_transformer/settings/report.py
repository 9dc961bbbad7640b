"""Settings of the report."""

from typing import Annotated, ClassVar, Literal

from rnn_vs_transformer.runtime.section import Section, each_once


class ReportParams(Section):
    """The report that people read."""

    key: ClassVar = "report"

    language: Literal["en", "zh"]
    """English or Chinese."""
    analyses: Annotated[list[Literal["decoding", "backtest"]], each_once("report.analyses")]
    """Optional analyses to make and to show."""
