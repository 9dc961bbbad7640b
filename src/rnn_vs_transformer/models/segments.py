"""A readout by segments: one query for each segment of the forecast, all answered at once.

    query_s = [position_s ; channel_c],    forecast of segment s = W_o answer_s + b

It is the parallel multi-step decoding of SegRNN (Lin et al. 2023), where recurrence answers a query by one step from
its final state; attention answers it as one more token. A segment is as long as a patch.
"""

import torch
from torch import Tensor, nn


class SegmentReadout(nn.Module):
    """Queries (B, S, D) for the mixer, and the map of its answers (B, S, D) to the forecast (B, H)."""

    def __init__(self, segments: int, segment_length: int, prediction_length: int, width: int, channels: int) -> None:
        """Draw embeddings and readout.

        Args:
            segments: Segments of the forecast (S).
            segment_length: Steps of one segment.
            prediction_length: Forecast steps (H); what the last segment has beyond them is dropped.
            width: Width of a token (D); one half tells the position, the other the channel.
            channels: Channels of the series (C).
        """
        super().__init__()
        self.prediction_length = prediction_length
        self.position = nn.Parameter(torch.randn(segments, width - width // 2))
        self.channel = nn.Parameter(torch.randn(channels, width // 2))
        self.linear = nn.Linear(width, segment_length)

    def queries(self, windows: int, channel: Tensor | None) -> Tensor:
        """One query per segment for each window (B, S, D).

        Args:
            windows: How many (B).
            channel: Number of each window's channel (B,); may be left out where there is only one.

        Raises:
            ValueError: There are several channels, and it is not said which.
        """
        if channel is None:
            if len(self.channel) > 1:
                raise ValueError(f"expected the channel of each window, as there are {len(self.channel)}, got none")
            channel = torch.zeros(windows, dtype=torch.long, device=self.channel.device)
        position = self.position.expand(windows, -1, -1)  # (B, S, D/2)
        return torch.cat([position, self.channel[channel][:, None].expand(-1, len(self.position), -1)], dim=2)

    def forward(self, answers: Tensor) -> Tensor:
        """Forecast (B, H) from the answers (B, S, D)."""
        steps: Tensor = self.linear(answers)  # (B, S, segment_length)
        return steps.flatten(1)[:, : self.prediction_length]
