"""Ratings: what made for tables of users, items and ratings alone."""
