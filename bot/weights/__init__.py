"""Published weights: which there are, and how they come here whole. Conversion runs in a process of the engine."""
