"""For a time series, RNN or Transformer? A controlled comparison."""
