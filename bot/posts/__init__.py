"""Messages that show a job: its card, its frames, its picture, its film."""
