"""The reporter's pages: a door, and the status page. No account, no cookie, nothing from anywhere else; and no script
but that of `fingerprint`, where it is offered.
"""
