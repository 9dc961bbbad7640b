"""Forecasts of new data with the models that were trained."""

from rnn_vs_transformer.forecasting.forecaster import Forecaster

__all__ = ["Forecaster"]
