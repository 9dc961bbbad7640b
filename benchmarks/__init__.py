"""What the project costs on this machine, beside its peers and a bare PyTorch loop: `make bench`."""
