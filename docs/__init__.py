"""The documentation, and `build.py`, which writes the part of it that is computed."""
