"""Checks on everything that a bot sends."""
