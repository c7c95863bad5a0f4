"""Who told us what, as received; receipt codes.

A notice is never edited. This room never says what becomes of it.
"""
