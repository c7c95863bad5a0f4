"""Django's settings, made from Odzew's own typed ones; nothing here is read from anywhere else."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from odzew.foundation.secrets import load_keys
from odzew.foundation.settings import settings


def database(*, url: str) -> dict[str, Any]:
    """Return Django's form of a PostgreSQL address; connections are kept and checked before they are used again."""
    parts = urlsplit(url)
    query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
    host = query.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "odzew.foundation.database",
        "NAME": unquote(parts.path.lstrip("/")) or query.pop("dbname", "odzew"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(query.pop("port", "") or parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 2, **query},
        "TEST": {"NAME": f"test_{os.getpid()}"},
    }


_own = settings()
_base = urlsplit(_own.base_url)

# What reads these settings without a desk (a type checker, say) makes no key file, and gets a secret that nobody can know.
SECRET_KEY = load_keys(folder=_own.keys_folder).django_secret if os.environ.get("ODZEW_DATA") else token_hex(32)
DEBUG = False
ALLOWED_HOSTS = sorted({_base.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"})
ROOT_URLCONF = "odzew.entrypoints.site.urls"
WSGI_APPLICATION = "odzew.entrypoints.site.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.postgres",
    "odzew.ledger",
    "odzew.banks",
    "odzew.cases",
    "odzew.notices",
    "odzew.decisions",
    "odzew.exposures",
    "odzew.answers",
    "odzew.enforcement",
    "odzew.exchanges",
    "odzew.alarms",
    "odzew.matching",
]
# Only what every request needs: a notice passes no session, no form token, no choice of language.
MIDDLEWARE = ["odzew.entrypoints.api.edge.headers"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parents[1] / app / "templates" for app in ("reporter", "console")],
        "OPTIONS": {"string_if_invalid": ""},
    }
]
DATABASES = {"default": database(url=os.environ.get("ODZEW_DATABASE_URL") or "postgresql:///odzew")}
SESSION_COOKIE_SECURE = _base.scheme == "https"  # the console's signed cookie; there is no session store
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
LOGGING_CONFIG = None
