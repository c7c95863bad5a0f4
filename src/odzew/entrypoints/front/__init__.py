"""What stands between the sockets and Django: whole requests in, whole answers out, and nobody who is slow holds a thread."""
