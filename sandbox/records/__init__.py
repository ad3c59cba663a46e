"""Plain records: messages, channels, users, errors, the clock."""
