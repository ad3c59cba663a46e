"""Faults to order, and rate limits."""
