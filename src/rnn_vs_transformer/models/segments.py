"""A readout by segments: one query for each segment of the forecast, all answered at once.

    query_s = [position_s ; series_c],    forecast of segment s = W_o answer_s + b

It is the parallel multi-step decoding of SegRNN (Lin et al. 2023), where recurrence answers a query by one step from
its final state; attention answers it as one more token. A segment is as long as a patch.
"""

import torch
from torch import Tensor, nn


class SegmentReadout(nn.Module):
    """Queries (B, S, D) for the mixer, and the map of its answers (B, S, D) to the forecast (B, H)."""

    def __init__(
        self, segments: int, segment_length: int, prediction_length: int, width: int, series: int, numbers: int = 1
    ) -> None:
        """Draw embeddings and readout.

        Args:
            segments: Segments of the forecast (S).
            segment_length: Steps of one segment.
            prediction_length: Forecast steps (H); what the last segment has beyond them is dropped.
            width: Width of a token (D); one half tells the position, the other the series.
            series: How many series there are.
            numbers: Of each step: 1, or one per quantile (Q).
        """
        super().__init__()
        self.segment_length, self.prediction_length = segment_length, prediction_length
        self.position = nn.Parameter(torch.randn(segments, width - width // 2))
        self.series = nn.Parameter(torch.randn(series, width // 2))
        self.numbers = numbers
        self.linear = nn.Linear(width, segment_length * numbers)

    def queries(self, windows: int, series: Tensor | None) -> Tensor:
        """One query per segment for each window (B, S, D).

        Args:
            windows: How many (B).
            series: Number of each window's series (B,), -1 for one that was not trained on, which is asked for as the
                mean of the others; may be left out where there is only one.

        Raises:
            ValueError: There are several series, and it is not said which.
        """
        if series is None:
            if len(self.series) > 1:
                raise ValueError(f"expected the series of each window, as there are {len(self.series)}, got none")
            series = torch.zeros(windows, dtype=torch.long, device=self.series.device)
        known = torch.cat([self.series, self.series.mean(dim=0, keepdim=True)])  # the mean is the row at -1
        position = self.position.expand(windows, -1, -1)  # (B, S, D/2)
        return torch.cat([position, known[series][:, None].expand(-1, len(self.position), -1)], dim=2)

    def by_step(self, answers: Tensor) -> Tensor:
        """To each step of the forecast the answer (B, S, D) of its segment: (B, H, D)."""
        return answers.repeat_interleave(self.segment_length, dim=1)[:, : self.prediction_length]

    def forward(self, answers: Tensor) -> Tensor:
        """Forecast (B, H Q) from the answers (B, S, D)."""
        steps: Tensor = self.linear(answers)  # (B, S, segment_length Q)
        return steps.flatten(1)[:, : self.prediction_length * self.numbers]
