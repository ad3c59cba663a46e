"""Do everything that can be done in the world, one function for each act."""
