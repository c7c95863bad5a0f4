"""A back catalogue of any size hashed once: which files, in which order, and a file of lines that survives being stopped anywhere.

It knows no desk and no database.
"""
