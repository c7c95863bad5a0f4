"""The way to the desk's own report form: a plain button with the post signed, so that nobody has to paste its address."""

from __future__ import annotations

import base64
import hmac
from urllib.parse import urlsplit

from odzew.entrypoints.kladka.pages import View, e
from odzew.entrypoints.kladka.web import CSP, Response


class DeskDoor:
    """Makes the button; `secret` is the webhook secret that the desk gave."""

    def __init__(self, *, desk_url: str, secret: str) -> None:
        self._action = f"{desk_url}/r"
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        parts = urlsplit(desk_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"

    def button(self, *, view: View, post_id: str) -> str:
        """Return the button for one post."""
        signature = hmac.new(self._key, f"report-link\n{post_id}".encode(), "sha256").hexdigest()
        fields = {"item": post_id, "sig": signature, "lang": view.language}
        hidden = "".join(f'<input type="hidden" name="{name}" value="{e(value)}">' for name, value in fields.items())
        return (
            f'<form class="away" method="post" action="{e(self._action)}" rel="noreferrer">{hidden}'
            f"<button>{view.say('report_away')}</button></form>"
        )

    def allowed(self, *, response: Response) -> Response:
        """Let a page's forms lead to the desk."""
        response.headers["Content-Security-Policy"] = CSP.replace("form-action 'self'", f"form-action 'self' {self._origin}")
        return response
