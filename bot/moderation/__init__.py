"""Who may ask, what for, and what is shown: rules by moderators and owners, reports, and the trail of what they did."""
