"""Is it known? Asked before something is published: the shapes of the question and the answer, and a short way for the common case.

Most uploads match nothing. `front` answers those in front of Django from what this process holds in memory; whatever needs the
database goes on to the route, which says exactly the same.
"""
