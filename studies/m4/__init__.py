"""M4 hourly: both families on 414 series, at their best by validation, beside the competition's entries."""
