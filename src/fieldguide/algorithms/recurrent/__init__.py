"""Recurrent networks: sequences read one step after the other, remembering what came before."""
