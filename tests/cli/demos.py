"""A demo as a person starts one: a process of its own, asked by HTTP like anybody would."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CLOCK = 8
ODZEW = str(Path(sys.executable).with_name("odzew"))


def surroundings() -> dict[str, str]:
    """The environment without this test run's own settings."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("ODZEW_", "DJANGO_"))}


def odzew(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run([ODZEW, *words], capture_output=True, text=True, timeout=120, env=surroundings() | more, check=False)


def ask(method: str, url: str, *, key: str = "", body: Any = None) -> tuple[int, Any]:
    """Ask an address on this machine; 0 if nothing answers."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    headers = {"accept": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
    sent = None if body is None else json.dumps(body)
    try:
        connection.request(method, parts.path, body=sent, headers=headers | ({"content-type": "application/json"} if sent else {}))
        answer = connection.getresponse()
        content = answer.read()
    except OSError:
        return 0, None
    finally:
        connection.close()
    try:
        return answer.status, json.loads(content)
    except ValueError:
        return answer.status, content.decode(errors="replace")


def until(true: Callable[[], Any], *, within: float = 15.0) -> Any:
    """Wait until something is so, and return it; the last value if it never is."""
    deadline = time.monotonic() + within
    while not (value := true()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return value


class Demo:
    """A running demo."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [ODZEW, "demo", "--json", "--port", "0", "--data", str(folder), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=surroundings(),
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        self.seconds = time.monotonic() - self.began
        assert self.line, self.process.communicate()[1]
        self.said: dict[str, Any] = json.loads(self.line)
        self.desk, self.platform, self.key = self.said["desk"], self.said["platform"], self.said["api_key"]

    def person(self, name: str) -> str:
        """Return the key of one of the cast."""
        return str(next(p["key"] for p in self.said["people"] if p["name"] == name))

    def api(self, method: str, path: str, *, key: str = "", body: Any = None) -> tuple[int, Any]:
        """Ask the desk."""
        return ask(method, f"{self.desk}/api/v1{path}", key=key or self.key, body=body)

    def post(self, *, text: str = "A footbridge.", picture: bytes = b"", account: str = "") -> dict[str, Any]:
        """Post a file at the platform, a drawing if none is given, as an account of its own if none is named."""
        from odzew.entrypoints.kladka.pictures import pattern

        edge = "odzewtestedge"
        picture = picture or pattern(seed=time.monotonic_ns() % 1_000_000)
        parts = urlsplit(self.platform)
        fields = "".join(
            f'--{edge}\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'
            for n, v in (("account", account or f"tester {time.monotonic_ns()}"), ("text", text), ("views", "7"))
        )
        head = f'--{edge}\r\ncontent-disposition: form-data; name="picture"; filename="p"\r\ncontent-type: application/octet-stream\r\n\r\n'
        body = fields.encode() + head.encode() + picture + f"\r\n--{edge}--\r\n".encode()
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        connection.request("POST", "/posts", body=body, headers={"content-type": f"multipart/form-data; boundary={edge}"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        assert answer.status == 201, content
        found: dict[str, Any] = json.loads(content)
        return found

    def report(self, item: str, *, claimant: str = "depicted", text: str = "", external_id: str | None = None) -> dict[str, Any]:
        """Report a post by the desk's interface for programs."""
        body: dict[str, Any] = {
            "source": "user",
            "concern": {"kind": "csam", "minor": True, "claimant": claimant, "flags": []},
            "where": [{"item_id": item}],
        }
        body |= {"text": text} if text else {}
        body |= {"external_id": external_id} if external_id else {}
        status, receipt = self.api("POST", "/notices", body=body)
        assert status == 201, receipt
        found: dict[str, Any] = receipt
        return found

    def control(self, mode: str) -> None:
        """Tell the platform how to behave."""
        assert ask("POST", f"{self.platform}/control", body={"mode": mode})[0] == 200

    def descendants(self) -> set[int]:
        """Return every process below this one, itself included."""
        below: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
                below.setdefault(parent, []).append(int(entry.name))
        found, left = set(), [self.process.pid]
        while left:
            pid = left.pop()
            found.add(pid)
            left += below.get(pid, [])
        return found

    def stop(self, *, how: int = signal.SIGINT) -> int:
        """End the demo as Ctrl-C does, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(60)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
        return code


def megabytes(pids: set[int]) -> float:
    """Return the memory of processes, each shared page counted once among those that share it."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024
