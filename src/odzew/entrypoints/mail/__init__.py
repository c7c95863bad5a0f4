"""Mail: in by a milter or from a mailbox, out by SMTP. Words and links only; no file and no picture is ever opened or fetched."""
