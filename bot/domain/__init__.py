"""What everything else speaks of: jobs, and the small records and choices that go with them."""
