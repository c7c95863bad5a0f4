"""Strangers' files are decoded in child processes; nothing but plain, checked values comes back.

A picture from outside is a program's input written by somebody who may wish it harm. So the web and the worker never decode one:
`api.Decoder` hands the file, as a read-only descriptor, to a child that has no network, no files, no right to start a program, and
limits on memory, processor time, wall-clock time, pixels and frames. A child that breaks a limit is killed and replaced.

    process that asks (`pool.py`)  --control socket-->  server (`server.py`): forks children, reaps them, knows no file
           |                                               | fork
           +---- one socket pair for each child --------> child (`child.py`): confined, decodes, answers

The server is started by exec, never by fork of a process with threads. It imports what decoding needs, compiles the kernels, and
takes the network away from itself before the first fork. It ends with its owner, and the children end with it. `messages.py` holds
the form of every message and the checks of what a child says. `confinement.py` and `seccomp.py` hold the walls, and `probing.py`
throws itself against them. docs/decoding.md says the same for operators.
"""
