"""Strangers' files, decoded in children."""
