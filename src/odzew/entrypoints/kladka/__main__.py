"""`python -m odzew.entrypoints.kladka --port N --desk URL --state DIR`; key and secret come from the environment."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from odzew.entrypoints.kladka import build, listen, seed, serve
from odzew.foundation.errors import OdzewError


def main() -> int:
    """Run the platform until it is asked to stop; 2 for wrong use, 1 if it cannot start."""
    wish = _arguments()
    key, secret = os.environ.pop("KLADKA_API_KEY", ""), os.environ.pop("KLADKA_WEBHOOK_SECRET", "")
    if not key or not secret:
        sys.stderr.write("Set KLADKA_API_KEY and KLADKA_WEBHOOK_SECRET.\n")
        return 2
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    try:
        server = listen(port=wish.port)
        public = wish.public or server.url
        app = build(
            desk_url=wish.desk, api_key=key, webhook_secret=secret, public_url=public, state_dir=wish.state, ticks=not wish.no_ticks
        )
    except (OdzewError, OSError, ValueError, OverflowError) as error:
        sys.stderr.write(f"The pretend platform cannot start: {error}\n")
        return 1

    def stop(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if wish.seed:
        threading.Thread(target=seed, kwargs={"app": app}, daemon=True).start()
    sys.stdout.write(f"{public}\n")
    sys.stdout.flush()
    serve(app=app, server=server)
    app.close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m odzew.entrypoints.kladka", description="A small pretend platform.")
    parser.add_argument("--port", type=int, required=True, help="loopback port; 0 takes a free one and prints it")
    parser.add_argument("--desk", required=True, metavar="URL", help="the desk's address")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where posts and pictures are kept")
    parser.add_argument("--public", metavar="URL", help="its own address as others see it, if not http://127.0.0.1:PORT")
    parser.add_argument("--seed", action="store_true", help="begin with a few posts about footbridges")
    parser.add_argument("--no-ticks", action="store_true", help="let the view counters stand still")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
