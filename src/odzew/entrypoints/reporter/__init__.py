"""The reporter's pages: the form, and the status page. No account, no cookie, nothing from anywhere else; a small script that
none of them needs, and that of `fingerprint` where it is offered.
"""
