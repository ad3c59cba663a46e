"""Jobs in the database and their files: the queue, whose turn it is, and what is kept."""
