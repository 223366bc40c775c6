"""Autoencoders: networks that learn to say briefly what they saw, and to make it of that again."""
