"""The steps of a checkout. Each can be run again from its recovery point, by the same request or by another."""
