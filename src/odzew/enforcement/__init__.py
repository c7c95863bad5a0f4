"""Measures: what is ordered, how it went, and what was seen at the platform's own addresses.

It never decides, and holds no vault key.
"""
