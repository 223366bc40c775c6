"""Measurements of speed and quality, each a script that records its result as JSON."""
