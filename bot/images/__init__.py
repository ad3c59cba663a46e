"""Read the pictures and masks that members send."""
