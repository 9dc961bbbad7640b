"""The long probes, apart from the main pipeline: steps to recall, gradients, divergence, other lengths, positions."""
