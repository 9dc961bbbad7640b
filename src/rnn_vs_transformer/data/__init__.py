"""From a synthetic world or a CSV file to scaled windows."""
