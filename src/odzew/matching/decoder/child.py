"""A child: confined for life, it decodes the files it is handed, one after the other, and answers in plain bytes."""

from __future__ import annotations

import os
import signal
import socket
from typing import Final, NoReturn

from odzew.matching.decoder import confinement, control, messages, probing, tasks
from odzew.matching.decoder.data import Limits, Verdict
from odzew.matching.decoder.preview import pack_stills

_CHANNEL: Final = 3
_BROKEN: Final = 70


def prepare() -> None:
    """Load and compile all that a child will need: afterwards it can open nothing."""
    tasks.prepare()


def live(*, channel: int, nothing: int, parent: int, limits: Limits, mapped: int) -> NoReturn:
    """Be a child of the server `parent`, over the socket `channel`; the descriptor `nothing` is the null device."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for fd in (0, 1, 2):
            os.dup2(nothing, fd)
        os.dup2(channel, _CHANNEL, inheritable=False)
        os.closerange(_CHANNEL + 1, 4096)
        link = socket.socket(fileno=_CHANNEL, family=socket.AF_UNIX, type=socket.SOCK_STREAM, proto=0)
        found = confinement.confine_child(limits=limits, parent=parent, mapped=mapped)
        os.environ.clear()
        walls = control.tell_walls(found=found)
        link.sendall(control.LENGTH.pack(control.CHILD_READY, len(walls)) + walls)
        while _one(link, limits):
            pass
    except BaseException:
        os._exit(_BROKEN)
    os._exit(0)


def _one(link: socket.socket, limits: Limits) -> bool:
    """Take one request and answer it; False when nobody will ask again."""
    data, fds, _flags, _address = socket.recv_fds(link, messages.REQUEST_BYTES, 1)
    if not data:
        return False
    request = messages.read_request(data=data)
    verdict: Verdict = "ok"
    if request.task == "probe":
        body = probing.attempt()
    else:
        verdict, body = _decode(fds[0], request, limits)
        os.close(fds[0])
    link.sendall(messages.pack_answer(task=request.task, token=request.token, verdict=verdict, body=body))
    return True


def _decode(fd: int, request: messages.Request, limits: Limits) -> tuple[Verdict, bytes]:
    film = tasks.is_film(fd=fd)
    confinement.allow_processor_seconds(seconds=limits.processor(film=film))
    if request.task == "preview":
        verdict, said, stills = tasks.preview(fd=fd, limits=limits)
        return verdict, pack_stills(stills=stills) if verdict == "ok" else messages.pack_said(said=said)
    verdict, said = tasks.hashes(fd=fd, request=request, limits=limits)
    return verdict, messages.pack_said(said=said)
