"""Faster forms of layers that compute the same as the published ones."""
