"""What a race found, as a page to read."""
