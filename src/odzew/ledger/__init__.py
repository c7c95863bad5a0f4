"""The append-only record of what the desk did; the people, programs and roles that did it; the outbox of what is still to do.

It owns the events, the Merkle tree over them (RFC 6962), the signed checkpoints (C2SP tlog-checkpoint) and the file in which
the record leaves the house. It never changes or deletes an event, never holds personal words in clear inside the tree (only
their salted hashes, so that erasure leaves the tree whole), never judges, never calls a room above it and never claims more than
it can show: the record cannot be rewritten unnoticed by anyone who holds an older checkpoint.
"""
