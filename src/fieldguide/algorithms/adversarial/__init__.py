"""Two networks that learn by contest: one makes examples, the other tells them from real ones."""
