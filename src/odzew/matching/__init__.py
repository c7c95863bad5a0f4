"""The index of hashes: what is known and what is hosted, and everything within a distance of a question.

It owns the log of added hashes, their removals, and the files made from them. An owner is a number whose meaning only the caller's
room knows. It never judges a match, never decodes a picture in this process and never forgets a candidate.
"""
