"""Recursive networks: one composition, applied from the leaves of a tree to its root."""
