"""A small IMAP server of ours: what a provider's does, and on demand what one must be able to bear: it drops, stalls, repeats."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from odzew.foundation.settings import Settings


def structure(part: Message) -> str:
    """Return the BODYSTRUCTURE of a mail."""
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        inner = "".join(structure(p) for p in part.get_payload())  # type: ignore[arg-type]
        return f'({inner} "{part.get_content_subtype()}" ("boundary" "x") NIL NIL NIL)'
    main, sub = part.get_content_maintype(), part.get_content_subtype()
    named = [(k, part.get_param(k)) for k in ("charset", "name") if part.get_param(k)]
    parameters = "(" + " ".join(f'"{k}" "{v}"' for k, v in named) + ")" if named else "NIL"
    disposition = part.get_content_disposition()
    told = f'("{disposition}" ("filename" "{part.get_filename() or ""}"))' if disposition else "NIL"
    lines = " 1" if main == "text" else ""
    return f'("{main}" "{sub}" {parameters} NIL NIL "{part.get("content-transfer-encoding", "7bit")}" 10{lines} NIL {told} NIL NIL)'


def numbered(part: Message, number: str) -> Message:
    """Return the part of a number."""
    for n in number.split("."):
        if part.is_multipart():
            part = part.get_payload()[int(n) - 1]  # type: ignore[assignment,index]
    return part


@dataclass
class Provider:
    """The mailboxes and what was asked of them; `trouble` says what happens at the first command that holds a word."""

    folders: dict[str, dict[int, bytes]] = field(default_factory=lambda: {"INBOX": {}, "Trash": {}})
    marked: set[tuple[str, int]] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    trouble: dict[str, str] = field(default_factory=dict)
    validity: int = 7
    uidplus: bool = True
    structures: dict[int, str] = field(default_factory=dict)
    port: int = 0
    last: int = 0

    def deliver(self, raw: bytes) -> int:
        """Put a mail into the inbox."""
        self.last += 1
        self.folders["INBOX"][self.last] = raw
        return self.last

    def settings(self, **more: Any) -> Settings:
        """Return settings of a desk that fetches from here."""
        known = {"mail_imap_url": f"imap://desk:secret@127.0.0.1:{self.port}/INBOX", "mail_trash": "Trash"}
        return Settings(**{"mail_address": "report@desk.example", **known, **more})

    @property
    def sections(self) -> list[str]:
        """Every part of a mail that was ever asked for."""
        return [found for line in self.asked for found in re.findall(r"BODY(?:\.PEEK)?\[([^\]]*)\]", line)]


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        here: Provider = self.server.provider  # type: ignore[attr-defined]
        self.folder = ""
        self._say("* OK ready")
        while line := self.rfile.readline(70_000).decode("latin-1").strip():
            here.asked.append(line)
            tag, _, words = line.partition(" ")
            deed = next((deed for word, deed in here.trouble.items() if word in words), "")
            if deed:
                here.trouble = {w: d for w, d in here.trouble.items() if w not in words}
            if deed == "drop":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if deed == "stall":
                here.trouble["stalled"] = ""
                threading.Event().wait(3)
                return
            if deed == "no":
                self._say(f"{tag} NO not now")
                continue
            self._do(here, words)
            if deed == "drop-after":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self._say(f"{tag} OK done")
            if words.upper().startswith("LOGOUT"):
                return

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode("latin-1") + b"\r\n")

    def _do(self, here: Provider, words: str) -> None:
        upper = words.upper()
        if upper.startswith("CAPABILITY"):
            self._say("* CAPABILITY IMAP4rev1" + (" UIDPLUS" if here.uidplus else ""))
        elif upper.startswith("SELECT"):
            self.folder = words.split('"')[1]
            self._say(f"* {len(here.folders[self.folder])} EXISTS")
            self._say(f"* OK [UIDVALIDITY {here.validity}] valid")
        elif upper.startswith("UID SEARCH"):
            self._say("* SEARCH " + " ".join(map(str, here.folders[self.folder])))
        elif upper.startswith("UID FETCH"):
            self._fetch(here, words)
        elif upper.startswith("UID STORE"):
            here.marked.add((self.folder, int(words.split()[2])))
        elif "EXPUNGE" in upper:
            only = int(words.split()[2]) if upper.startswith("UID") else None
            for folder, n in sorted(here.marked):
                if folder == self.folder and only in (None, n) and (mail := here.folders[folder].pop(n, None)):
                    if folder != "Trash":
                        here.folders["Trash"][n] = mail
                    here.marked.discard((folder, n))

    def _fetch(self, here: Provider, words: str) -> None:
        number = int(words.split()[2])
        raw = here.folders[self.folder].get(number)
        if raw is None:
            return
        if "BODYSTRUCTURE" in words:
            told = here.structures.get(number) or structure(message_from_bytes(raw))
            self._say(f"* 1 FETCH (UID {number} BODYSTRUCTURE {told})")
            return
        section, _, most = re.findall(r"\[([^\]]*)\]<(\d+)\.(\d+)>", words)[0]
        if section == "HEADER":
            data = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        else:
            payload = numbered(message_from_bytes(raw), section)._payload  # type: ignore[attr-defined]
            data = payload.encode("ascii", "surrogateescape") if isinstance(payload, str) else b""
        data = data[: int(most)]
        self._say(f"* 1 FETCH (UID {number} BODY[{section}]<0> {{{len(data)}}}")
        self.wfile.write(data)
        self._say(")")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def provider() -> Iterator[Provider]:
    """Give a provider that listens on loopback."""
    here = Provider()
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.provider = here  # type: ignore[attr-defined]
        here.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield here
        server.shutdown()
        thread.join()
