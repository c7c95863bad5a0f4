"""How the platform speaks to the desk: items, notices, appeals. Only the standard library, and no redirects."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

from odzew.entrypoints.kladka.records import Post, stamp

ANSWER_LIMIT: Final = 1_000_000


class DeskAway(Exception):
    """The desk did not answer, or answered that it cannot now."""


class DeskRefused(Exception):
    """The desk understood and said no."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the desk answered {status}")
        self.status = status


class Desk:
    """The desk's programs' interface, with this platform's key."""

    def __init__(self, *, url: str, api_key: str, public_url: str) -> None:
        self.url = url.rstrip("/")
        self.public_url = public_url.rstrip("/")
        self._key = api_key
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"not an http address: {url}")
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path
        connection = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._connect: Callable[..., http.client.HTTPConnection] = connection

    def register(self, *, post: Post, timeout: float = 10) -> None:
        """Register one item, or update it."""
        self._call("PUT", f"/items/{quote(post.id, safe='')}", json.dumps(self.item(post)).encode(), timeout=timeout)

    def check(self, *, post: Post, content: bytes, timeout: float = 10) -> str:
        """Ask whether a post may be published, and register it; return `allow`, `hold`, `block`, or `again` if it cannot tell yet."""
        border = f"kladka-{secrets.token_hex(16)}"
        item = json.dumps({"id": post.id, **self.item(post)})
        body = b"".join(
            (
                f'--{border}\r\nContent-Disposition: form-data; name="item"\r\n\r\n{item}\r\n'.encode(),
                f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\n'.encode(),
                f"Content-Type: {post.media.mime}\r\n\r\n".encode(),
                content,
                f"\r\n--{border}--\r\n".encode(),
            )
        )
        said = self._call("POST", "/check", body, kind=f"multipart/form-data; boundary={border}", timeout=timeout)
        return "again" if said.get("ask_again_after") else str(said.get("verdict", "hold"))

    def update(self, *, posts: Sequence[Post]) -> None:
        """Register or update many items in one call, one JSON object a line; each carries its own `id`."""
        lines = "".join(json.dumps({"id": post.id, **self.item(post)}) + "\n" for post in posts)
        self._call("POST", "/items:batch", lines.encode(), kind="application/x-ndjson", timeout=10)

    def notify(self, *, notice: dict[str, Any]) -> dict[str, Any]:
        """Send a report in; return what the desk says: `{notice, case, receipt_code, answer_due}`."""
        return self._call("POST", "/notices", json.dumps(notice).encode(), timeout=15)

    def appeal(self, *, case: str, account_id: str, text: str) -> dict[str, Any]:
        """Send an uploader's appeal in."""
        body = json.dumps({"by": "uploader", "account_id": account_id, "text": text}).encode()
        return self._call("POST", f"/cases/{quote(case, safe='')}/appeals", body, timeout=15)

    def item(self, post: Post) -> dict[str, Any]:
        """Describe a post the way the desk wants it."""
        media = post.media
        return {
            "kind": "post",
            "url": f"{self.public_url}/posts/{post.id}",
            "account": {
                "id": post.account,
                "handle": post.account,
                "url": f"{self.public_url}/accounts/{quote(post.account, safe='')}",
            },
            "created_at": post.created_at,
            "repost_of": post.repost_of,
            "media": [
                {
                    "id": media.id,
                    "url": f"{self.public_url}/media/{media.id}",
                    "hashes": [{"type": "sha256", "value": media.sha256}, {"type": "md5", "value": media.md5}],
                }
            ],
            "spread": {"views": post.views, "reposts": post.reposts, "at": stamp(now=datetime.now(UTC))},
            "private": post.private,
        }

    def _call(self, method: str, path: str, body: bytes, *, timeout: float, kind: str = "application/json") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": kind, "Accept": "application/json"}
        connection = self._connect(self._host, self._port, timeout=timeout)
        try:
            connection.request(method, f"{self._path}/api/v1{path}", body=body, headers=headers)
            answer = connection.getresponse()
            status, content = answer.status, answer.read(ANSWER_LIMIT)
        except (OSError, http.client.HTTPException) as error:
            raise DeskAway(str(error)) from error
        finally:
            connection.close()
        if status in {408, 425, 429} or status >= 500:
            raise DeskAway(f"the desk answered {status}")
        if not 200 <= status < 300:
            raise DeskRefused(status)
        try:
            value = json.loads(content or b"{}")
        except ValueError as error:
            raise DeskAway("the desk did not answer in JSON") from error
        return value if isinstance(value, dict) else {}
