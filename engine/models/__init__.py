"""Generators and perceptors, and the files that hold their weights."""
