"""One module for each form of service: its addresses, its requests, and what its pages say. No I/O.

A new form is a module here, a line in `table.py`, and passes the contract test of all forms (`tests/exchanges/test_forms.py`).
"""
