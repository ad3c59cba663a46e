"""Say what the bot holds: many members at once, on a local Discord with Discord's limits."""
