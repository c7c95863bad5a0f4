"""Attacks on the desk, played through the real use cases on a virtual clock and a throw-away database: do the promises hold?"""
