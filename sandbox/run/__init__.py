"""What a person starts: the server, the demo, the page, the guest."""
