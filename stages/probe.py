"""Probe how far back each model remembers."""

from rnn_vs_transformer.probes.memory.recall import run_probe
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.probe import ProbeParams
from stages import run


def probe(params: ProbeParams, spread: RunParams) -> None:
    """Write recovered per lag, the critical lags, the findings and the controls; warn where one of them fails."""
    run_probe(params, spread)


if __name__ == "__main__":
    run(probe, ProbeParams, RunParams)
