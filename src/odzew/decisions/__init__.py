"""Review, who has which case in hand, the second opinion, statements of reasons, appeals.

It never carries a decision out and never tells anybody: it leaves rows that others pick up.
"""
