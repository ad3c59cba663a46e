"""Engines as the bot sees them: the pipe, the dispatcher, and what runs report."""
