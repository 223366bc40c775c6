"""Perceptron and multilayer perceptron: feed-forward networks of vectors."""
