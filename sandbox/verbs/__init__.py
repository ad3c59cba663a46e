"""What can be done in the world: one function for each act."""
