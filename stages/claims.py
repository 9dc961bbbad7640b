"""Judge the textbook claims from all that was measured."""

import logging

from rnn_vs_transformer.params import Params
from rnn_vs_transformer.reporting.claims import write_claims
from stages import run

log = logging.getLogger(__name__)


def claims(params: Params) -> None:
    """Write the claims table; tell each verdict."""
    found = write_claims(params.evaluate.margin)
    for name, claim in found.items():
        log.info("%-4s %-13s %s", name, claim["verdict"], claim["claim"])


if __name__ == "__main__":
    run(claims)
