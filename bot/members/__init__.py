"""Say what members set, keep, rate and may take with them."""
