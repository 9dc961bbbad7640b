"""What every stage runs on: files, paths, signals, worker processes."""
