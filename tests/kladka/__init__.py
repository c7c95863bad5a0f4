"""The pretend platform, over real sockets, with a small pretend desk on the other side."""
