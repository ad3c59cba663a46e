"""Serve whoever runs the bot: its state, metrics and health, drain and reload, and what is deleted when."""
