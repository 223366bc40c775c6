"""One folder per family, one file per algorithm: the survey's table of contents."""
