"""One file per user-visible feature. A cog parses, submits, replies, and knows nothing else."""
