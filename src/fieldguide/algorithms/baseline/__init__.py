"""Honest baselines from outside deep learning, raced against every candidate."""
