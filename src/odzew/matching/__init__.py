"""The index of hashes, and the sandboxed decoder: what is known and what is hosted, and strangers' files made into hashes.

It owns the log of added hashes, their removals, the files made from them, and the child processes in which files are decoded
(`decoder`). An owner is a number whose meaning only the caller's room knows. It never judges a match, never decodes a picture in the
process that asks and never forgets a candidate.
"""
