"""Lists of known hashes: where each comes from, what its source thinks of it, and what a match of several lists means together.

It owns the banks, their entries, the guard against a hash that suddenly matches everything, and the counts of look-ups. It never
searches by itself (`matching` does), never hides or removes anything, never opens a socket, and never deletes an entry: what is
withdrawn stays on file, matches nothing, and its number is never used again.
"""
