"""Kładka ("footbridge"): a small pretend platform for the demo and the tests, somebody else's system that talks to the desk.

It has posts with generated pictures, view counters that run, accounts and a report button; it obeys the desk's webhooks, and can be
told to be slow, to lie or to be down. It knows the desk only by its public interface and imports no other room of Odzew.
"""

from odzew.entrypoints.kladka.app import Kladka, build
from odzew.entrypoints.kladka.seeding import seed
from odzew.entrypoints.kladka.server import listen, serve

__all__ = ["Kladka", "build", "listen", "seed", "serve"]
