"""Does the bot paint what was asked for? Prompts, pictures and edits, read by the judge."""
