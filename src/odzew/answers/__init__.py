"""What reporters and uploaders are told: every clause tied to a recorded fact, in the reader's language and time zone.

This room owns the words of answers, statements, pages and errors (one file per language), how a time is said, the help lines, and
the check that keeps a language file honest and easy to read. It decides nothing. It never reveals other reporters, matches, banks,
known accounts or (unless a safety officer released it) a referral, and it never says that something is done which was not recorded.
"""
