"""Pictures and masks as members send them."""
