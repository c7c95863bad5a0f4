"""One file each, one public function: the only place with transactions.

Files with a leading underscore are steps that several use cases share; they run inside a caller's transaction.
"""
