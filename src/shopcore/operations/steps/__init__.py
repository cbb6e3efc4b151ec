"""The shared steps of operations: each one a thing that can be run again."""
