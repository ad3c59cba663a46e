"""The gateway: sockets and sessions."""
