"""Say what members ask for, from any door, up to the job in the queue."""
