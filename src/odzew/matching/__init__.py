"""The sandboxed decoder, and the index of hashes: files and processes, no judgement.

It owns the child processes in which strangers' files are decoded, and the segments in which hashes are found again. It never
decides what a match means, never holds a case, and never opens a picture in the process that asked.
"""
