"""Which algorithms fit a data set, in order, and what to expect of each."""
