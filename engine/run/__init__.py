"""One run: its state, its steps, its checkpoints."""
