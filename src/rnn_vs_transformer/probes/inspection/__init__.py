"""What trained models look at, how their gradients decay, and how soon they learned."""
