"""Pictures and videos to hashes, and hashes to the nearest ones: pure kernels, bytes or pixels in, PDQ, SHA-256 and MD5 out.

It never opens a file, a socket or a database, never reads the clock, and never starts a process; it stores nothing and never judges
what a distance means. What it decodes can be hostile: callers that take bytes from strangers run it in a process of its own, with
limits.
"""
