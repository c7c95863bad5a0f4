"""The `odzew` command: one module for each group of words, gathered in `main.py`."""

from odzew.entrypoints.cli.main import main

__all__ = ["main"]
