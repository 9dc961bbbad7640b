"""Settings of the report."""

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from rnn_vs_transformer.runtime.section import Section


class ReportParams(Section):
    """The report that people read."""

    key: ClassVar = "report"

    language: Literal["en", "zh"]
    """English or Chinese."""
    analyses: list[Literal["decoding", "backtest"]]
    """Optional analyses to make and to show."""

    @model_validator(mode="after")
    def _analyses_differ(self) -> Self:
        if len(set(self.analyses)) < len(self.analyses):
            raise ValueError(f"report.analyses must name each analysis once, got {self.analyses}")
        return self
