"""Can the test windows tell the families apart at all? Known before anything is trained."""

from dataclasses import dataclass
from typing import Final

FEWEST_BLOCKS: Final = 4
"""Independent blocks of time that a verdict on few series needs."""
FEWEST_SERIES: Final = 10
"""From here on the series are the independent units, and blocks of time are not asked for."""
NOT_ENOUGH: Final = "not enough data"
"""The verdict where there are fewer of both."""


@dataclass(frozen=True)
class NotEnoughData:
    """What stands in the place of a comparison that would mean nothing: no difference, and what would be enough."""

    test_windows: int
    """Forecast origins in the test split."""
    enough_test_windows: int
    verdict: str = NOT_ENOUGH

    def told(self) -> str:
        """The sentence of the log, with what to change."""
        block, missing = self.enough_test_windows // FEWEST_BLOCKS, self.enough_test_windows - self.test_windows
        shorter = self.test_windows // FEWEST_BLOCKS
        ways = [f"{missing} more steps in the test split", f"{FEWEST_SERIES} series"]
        if shorter > 1:
            ways.insert(1, f"data.context_length + data.prediction_length of at most {shorter}")
        return (
            f"{self.test_windows} test windows hold fewer than {FEWEST_BLOCKS} independent blocks of {block} (context "
            f"and prediction length); enough would be {', or '.join(ways)}"
        )


def shortage(test_windows: int, block: int, series: int) -> NotEnoughData | None:
    """What is missing for a verdict; None where nothing is.

    Args:
        test_windows: Forecast origins in the test split, at different times.
        block: Context and prediction length together: windows closer than that share steps.
        series: How many are scored.
    """
    if series >= FEWEST_SERIES or test_windows >= FEWEST_BLOCKS * block:
        return None
    return NotEnoughData(test_windows, FEWEST_BLOCKS * block)
