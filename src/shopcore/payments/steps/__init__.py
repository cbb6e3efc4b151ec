"""The shared steps of payments: a comparison with a gateway, and what is kept of it."""
