"""Lead from what a member typed to the spec that an engine paints, and back to a recipe."""
