"""Pictures to hashes, and hashes to the nearest ones: pure kernels, without framework, clock, network or files of their own.

It never stores anything and never judges what a distance means.
"""
