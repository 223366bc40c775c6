"""The proof: candidates and baselines trained side by side, under a budget."""
