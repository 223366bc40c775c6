"""Advice that is proven: what is in the data, which algorithms fit it, and which one wins."""
