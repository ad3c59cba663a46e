"""What a bot sends must have these shapes."""
