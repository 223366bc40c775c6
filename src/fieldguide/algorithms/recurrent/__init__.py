"""Recurrent networks for sequences and clips."""
