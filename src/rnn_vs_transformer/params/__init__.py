"""The typed schema of params.yaml: unknown keys are refused and every value is checked.

`params.yaml` holds every default; nothing here repeats one. A sentence under a field is its documentation.
"""

from rnn_vs_transformer.params.data import DataParams, SyntheticParams
from rnn_vs_transformer.params.decoding import DecodingParams
from rnn_vs_transformer.params.inspect import CostParams, InspectParams
from rnn_vs_transformer.params.model import (
    NO_OTHER_DECODING,
    ModelParams,
    RnnModelParams,
    SharedModelParams,
    TransformerModelParams,
)
from rnn_vs_transformer.params.probe import ProbeParams
from rnn_vs_transformer.params.root import Params, load_params
from rnn_vs_transformer.params.run import EvaluateParams, FitParams, ReportParams, RunParams, TrainParams
from rnn_vs_transformer.params.tune import RnnSpace, SharedSpace, TransformerSpace, TuneParams, TunePlan

__all__ = [
    "NO_OTHER_DECODING",
    "CostParams",
    "DataParams",
    "DecodingParams",
    "EvaluateParams",
    "FitParams",
    "InspectParams",
    "ModelParams",
    "Params",
    "ProbeParams",
    "ReportParams",
    "RnnModelParams",
    "RnnSpace",
    "RunParams",
    "SharedModelParams",
    "SharedSpace",
    "SyntheticParams",
    "TrainParams",
    "TransformerModelParams",
    "TransformerSpace",
    "TuneParams",
    "TunePlan",
    "load_params",
]
