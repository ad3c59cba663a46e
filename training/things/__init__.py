"""Things that people ask for: what they are called, how they look, and the drawings that show them."""
