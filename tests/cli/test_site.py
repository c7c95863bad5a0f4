"""However the web is started, its cookies are signed with the desk's own key."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from odzew.foundation.secrets import load_keys

ASK = "from {module} import *; from django.conf import settings; print(settings.SECRET_KEY)"


def _secret(module: str, **environ: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ODZEW_")}
    words = [sys.executable, "-c", ASK.format(module=module)]
    environ = {**kept, "DJANGO_SETTINGS_MODULE": "odzew.entrypoints.site.settings", **environ}
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=True).stdout.strip()


def test_a_server_that_is_given_the_application_alone_signs_with_the_desks_key(tmp_path: Path) -> None:
    config = tmp_path / "desk.toml"
    config.write_text(f'data = "{tmp_path / "data"}"\n')
    found = _secret("odzew.entrypoints.site.wsgi", ODZEW_CONFIG=str(config))
    assert found == load_keys(folder=tmp_path / "data" / "keys").django_secret


def test_without_a_desk_nobody_can_know_the_secret_and_no_key_is_made(tmp_path: Path) -> None:
    made = {_secret("os", HOME=str(tmp_path)) for _ in range(2)}
    assert len(made) == 2 and min(map(len, made)) == 64
    assert list(tmp_path.iterdir()) == []
