"""Alarms that ring: short codes for people who must act.

An alarm never holds content, names or addresses.
"""
