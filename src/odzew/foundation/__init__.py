"""What every room stands on: settings, errors, ids, secrets, the write of one transaction, the embedded database.

It knows nothing of notices or cases, and never calls up.
"""
