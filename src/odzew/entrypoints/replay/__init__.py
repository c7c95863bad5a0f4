"""Replay: a recorded history goes through the real use cases on a virtual clock, and what happened then is put beside it.

`case_file` reads a history, `play` plays it (in a throw-away database that `stage` makes), `figures` counts, `plot` draws. The desk's
own database is never touched, and nothing here reads the time of day.
"""
