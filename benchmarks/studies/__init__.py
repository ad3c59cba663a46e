"""Say what the paper shows in pictures alone, repeated on the starter models and read by the independent judge."""
