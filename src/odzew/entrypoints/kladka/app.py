"""The platform as one WSGI application."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

from odzew.entrypoints.kladka import people, programs, reporting
from odzew.entrypoints.kladka.background import Registrar, Ticker
from odzew.entrypoints.kladka.control import Control
from odzew.entrypoints.kladka.desk import Desk
from odzew.entrypoints.kladka.door import DeskDoor
from odzew.entrypoints.kladka.pages import View, notice_page
from odzew.entrypoints.kladka.store import Store
from odzew.entrypoints.kladka.web import Request, Response, Router, problem, send
from odzew.entrypoints.kladka.webhooks import Receiver


class Kladka:
    """The pretend platform; `build` makes one, `close` ends it and saves."""

    def __init__(self, *, store: Store, desk: Desk, secret: str, ticks: bool) -> None:
        self.store = store
        self.desk = desk
        self.door = DeskDoor(desk_url=desk.url, secret=secret)
        self.control = Control()
        self.receiver = Receiver(store=store, control=self.control, secret=secret)
        self.registrar = Registrar(store=store, desk=desk)
        self.ticker = Ticker(store=store, desk=desk)
        self._router = Router()
        self._router.error_page = lambda request, status: notice_page(view=View.of(request), status=status)
        programs.routes(router=self._router, site=self)
        people.routes(router=self._router, site=self)
        reporting.routes(router=self._router, site=self)
        self.registrar.start()
        if ticks:
            self.ticker.start()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        head = environ["REQUEST_METHOD"] == "HEAD"
        return send(response=self._respond(request), head=head, start_response=start_response)

    def close(self) -> None:
        """Stop the background work and save."""
        self.control.close()
        self.ticker.close()
        self.registrar.close()
        self.store.flush()

    def _respond(self, request: Request) -> Response:
        setting = self.control.setting()
        path = str(request.environ.get("PATH_INFO", ""))
        if setting.mode == "down" and setting.everything and not path.startswith(("/control", "/webhooks")):
            if request.wants_page:
                return notice_page(view=View.of(request), status=503)
            return problem(503, "The platform is down.")
        return self._router.respond(request)


def build(
    *, desk_url: str, api_key: str, webhook_secret: str, public_url: str, state_dir: Path | str, ticks: bool = True
) -> Kladka:
    """Make the platform.

    `public_url` is its own address as strangers and the desk see it, `state_dir` keeps its posts over a restart. With
    `ticks=False` the view counters stand still.
    """
    store = Store(folder=Path(state_dir))
    return Kladka(store=store, desk=Desk(url=desk_url, api_key=api_key, public_url=public_url), secret=webhook_secret, ticks=ticks)
