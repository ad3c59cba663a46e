"""Bundles: weights that go together, and what is known about them."""
