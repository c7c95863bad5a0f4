"""Tests of the fingerprint that a reporter's own device makes, in a real browser."""
