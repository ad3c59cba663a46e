"""Define jobs and the small records and enums that all other packages share."""
