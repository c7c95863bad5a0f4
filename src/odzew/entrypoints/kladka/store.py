"""The platform's memory: everything in one place under one lock, kept in one JSON file and a folder of pictures."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from odzew.entrypoints.kladka.records import Account, Letter, Media, Post
from odzew.foundation.errors import Unsafe

REMEMBERED: Final = 20_000


class Store:
    """Accounts, posts and the ids of webhooks already obeyed.

    Change things inside `with store.change():`; when the block ends well the file holds the change. Threads that change at the
    same time share one write. Read with `post`, `posts`, `account`: they hand out copies.
    """

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self.accounts: dict[str, Account] = {}
        self._posts: dict[str, Post] = {}
        self._by_media: dict[str, str] = {}
        self._seen: dict[str, None] = {}
        self._lock = threading.RLock()
        self._writing = threading.Lock()
        self._version = self._written = 0
        (folder / "media").mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = folder / "state.json"
        self._load()

    @contextmanager
    def change(self, *, lazily: bool = False) -> Iterator[None]:
        """Hold the lock; afterwards save, unless `lazily` (counters), which leaves it to the next save."""
        with self._lock:
            yield
            self._version += 1
            version = self._version
        if not lazily:
            self._save(at_least=version)

    def flush(self) -> None:
        """Save what was changed lazily."""
        with self._lock:
            version = self._version
        self._save(at_least=version)

    def live(self, post_id: str) -> Post | None:
        """Return the post itself; only inside `change`."""
        return self._posts.get(post_id)

    def live_posts(self) -> list[Post]:
        """Return the posts themselves; only inside `change`."""
        return list(self._posts.values())

    def post(self, post_id: str) -> Post | None:
        """Return a copy of one post."""
        with self._lock:
            return deepcopy(self._posts.get(post_id))

    def posts(self) -> list[Post]:
        """Return copies of all posts, newest first."""
        with self._lock:
            return [deepcopy(post) for post in reversed(self._posts.values())]

    def post_of_media(self, media_id: str) -> Post | None:
        """Return a copy of the post that a picture belongs to."""
        with self._lock:
            return self.post(self._by_media.get(media_id, ""))

    def account(self, account_id: str) -> Account | None:
        """Return a copy of one account."""
        with self._lock:
            return deepcopy(self.accounts.get(account_id))

    def account_ids(self) -> list[str]:
        """Return the ids of all accounts, in alphabetical order."""
        with self._lock:
            return sorted(self.accounts)

    def open_account(self, account_id: str) -> Account:
        """Return the account itself, opening it if it is new; only inside `change`."""
        return self.accounts.setdefault(account_id, Account(id=account_id))

    def add(self, *, post: Post) -> None:
        """Put a new post in; only inside `change`."""
        self.open_account(post.account)
        self._posts[post.id] = post
        self._by_media[post.media.id] = post.id
        original = self._posts.get(post.repost_of or "")
        if original is not None:
            original.reposts += 1

    def seen(self, key: str) -> bool:
        """Tell whether this webhook or measure was obeyed before; only inside `change`."""
        return key in self._seen

    def remember(self, *keys: str) -> None:
        """Note that these were obeyed; the oldest are forgotten after many thousand; only inside `change`."""
        self._seen.update(dict.fromkeys(key for key in keys if key))
        while len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]

    def put_picture(self, *, media_id: str, content: bytes) -> None:
        """Store the bytes of a picture exactly as they came."""
        self._replace(self.folder / "media" / media_id, content)

    def picture(self, media: Media) -> bytes:
        """Return the bytes of a picture."""
        return (self.folder / "media" / media.id).read_bytes()

    def _save(self, *, at_least: int) -> None:
        with self._writing:
            if self._written >= at_least:
                return
            with self._lock:
                version = self._version
                state = {
                    "accounts": [asdict(account) for account in self.accounts.values()],
                    "posts": [asdict(post) for post in self._posts.values()],
                    "seen": list(self._seen),
                }
            self._replace(self._file, json.dumps(state, ensure_ascii=False).encode())
            self._written = version

    @staticmethod
    def _replace(path: Path, content: bytes) -> None:
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
        try:
            beside.write_bytes(content)
            os.replace(beside, path)  # noqa: PTH105
        finally:
            beside.unlink(missing_ok=True)

    def _load(self) -> None:
        if not self._file.exists():
            return
        try:
            state: dict[str, Any] = json.loads(self._file.read_bytes())
            for row in state["accounts"]:
                account = Account(**{**row, "inbox": [Letter(**letter) for letter in row["inbox"]]})
                self.accounts[account.id] = account
            for row in state["posts"]:
                post = Post(**{**row, "media": Media(**row["media"])})
                self._posts[post.id] = post
                self._by_media[post.media.id] = post.id
            self._seen = dict.fromkeys(state["seen"])
        except (ValueError, KeyError, TypeError) as error:
            raise Unsafe(f"The platform's state in {self._file} cannot be read; move it away to begin anew.") from error
