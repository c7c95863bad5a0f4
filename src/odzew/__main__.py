"""`python -m odzew` is the `odzew` command."""

from odzew.entrypoints.cli import main

main()
