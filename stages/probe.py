"""Probe how far back each model remembers."""

from rnn_vs_transformer.params import Params
from rnn_vs_transformer.probes.recall import run_probe
from stages import run


def probe(params: Params) -> None:
    """Write recovered per lag, the critical lags and the controls; fail where a control does."""
    run_probe(params.probe, params.run)


if __name__ == "__main__":
    run(probe)
