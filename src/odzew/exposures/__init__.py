"""Who looked at what: how clear, when, how long; what each person may still look at; and whether the desk may look at all.

It never holds a picture or an address of one, never opens a socket or a file, and never raises what a person may look at beyond
the caps that are written in `budget.py`. It says what was seen and what need not be; it decides no case.
"""
