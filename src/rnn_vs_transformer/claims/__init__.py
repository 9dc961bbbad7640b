"""The claims of the tutorial, one file per group: how each is judged, found and told."""
