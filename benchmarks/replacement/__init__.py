"""Does the bot replace what it is told to, where it is, and nothing else? Real pictures, read by the judge."""
