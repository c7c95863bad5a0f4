"""What goes on by itself: items are registered with the desk until it has them, and view counters run."""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from odzew.entrypoints.kladka.desk import Desk, DeskAway, DeskRefused
from odzew.entrypoints.kladka.records import Post
from odzew.entrypoints.kladka.store import Store

log = logging.getLogger("kladka")
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 5.0
TICK: Final = 1.0
TICKS_PER_UPDATE: Final = 2
TICKS_PER_SAVE: Final = 5
BATCH: Final = 500


class Registrar:
    """Asks the desk about new posts and registers them: at once if it answers, else again and again, more slowly each time."""

    def __init__(self, *, store: Store, desk: Desk) -> None:
        self._store = store
        self._desk = desk
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._away_until = 0.0
        self._thread = threading.Thread(target=self._run, name="kladka-registrar", daemon=True)

    def start(self) -> None:
        """Begin; what an earlier run left unregistered comes first."""
        self._wake.set()
        self._thread.start()

    def close(self) -> None:
        """End, and wait for it."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=15)

    def register(self, *, post_id: str) -> bool:
        """Try once, shortly, unless the desk was just seen to be away; what fails is tried again in the background."""
        done = False
        if time.monotonic() >= self._away_until:
            done = self._try(post_id, timeout=10)
        if not done:
            self._wake.set()
        return done

    def _run(self) -> None:
        wait = FIRST_WAIT
        while not self._closing.is_set():
            self._wake.wait()
            self._wake.clear()
            while not self._closing.is_set() and (left := [p.id for p in self._store.posts() if not p.registered]):
                worked = [self._try(post_id, timeout=10) for post_id in reversed(left) if self._may_call()]
                wait = FIRST_WAIT if any(worked) else min(wait * 2, LONGEST_WAIT)
                if not worked or not all(worked):
                    self._closing.wait(wait)
                self._away_until = 0.0
            wait = FIRST_WAIT

    def _may_call(self) -> bool:
        return not self._closing.is_set() and time.monotonic() >= self._away_until

    def _try(self, post_id: str, *, timeout: float) -> bool:
        post = self._store.post(post_id)
        if post is None:
            return True
        try:
            verdict = self._ask(post, timeout=timeout)
        except DeskAway as error:
            self._away_until = time.monotonic() + FIRST_WAIT
            log.info("the desk is away, will register %s later: %s", post_id, error)
            return False
        except DeskRefused as error:
            log.warning("the desk refused item %s: %s", post_id, error)
            return False
        if verdict == "again":
            return False
        with self._store.change():
            live = self._store.live(post_id)
            if live is not None:
                live.registered = True
                if live.status == "held" and verdict == "allow":
                    live.status = "public"
        return True

    def _ask(self, post: Post, *, timeout: float) -> str:
        """What is not published yet is asked about; what is public already is only registered."""
        if post.status == "held":
            return self._desk.check(post=post, content=self._store.picture(post.media), timeout=timeout)
        self._desk.register(post=post, timeout=timeout)
        return "allow"


class Ticker:
    """Raises the views of every public post a little each second and tells the desk, as well as it can, every other second."""

    def __init__(self, *, store: Store, desk: Desk) -> None:
        self._store = store
        self._desk = desk
        self._parts: dict[str, float] = {}
        self._changed: dict[str, None] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kladka-ticker", daemon=True)

    def start(self) -> None:
        """Begin to count."""
        self._thread.start()

    def close(self) -> None:
        """Stop counting."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout=15)

    def tick(self) -> None:
        """Count one second."""
        with self._store.change(lazily=True):
            for post in self._store.live_posts():
                if not post.shown or post.rate <= 0:
                    continue
                part = self._parts.get(post.id, 0.0) + post.rate * TICK
                self._parts[post.id] = part % 1
                if part >= 1:
                    post.views += int(part)
                    self._changed[post.id] = None

    def update(self) -> None:
        """Tell the desk about the posts whose spread changed; what fails is told next time."""
        chosen = list(self._changed)[:BATCH]
        posts = [post for post in map(self._store.post, chosen) if post is not None and post.registered and post.shown]
        try:
            if posts:
                self._desk.update(posts=posts)
        except (DeskAway, DeskRefused) as error:
            log.info("spread not told: %s", error)
            return
        for post_id in chosen:
            self._changed.pop(post_id, None)

    def _run(self) -> None:
        count = 0
        while not self._closing.wait(TICK):
            count += 1
            try:
                self.tick()
                if count % TICKS_PER_UPDATE == 0:
                    self.update()
                if count % TICKS_PER_SAVE == 0:
                    self._store.flush()
            except OSError:
                log.exception("a tick failed")
