"""Odzew's own settings: typed, from `ODZEW_*` or the file named by `ODZEW_CONFIG`; a wrong or unknown one stops the start."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from odzew.foundation.errors import Unsafe

_SCHEMES = {"database_url": ("postgresql", "postgres"), "smtp_url": ("smtp", "smtps"), "mail_imap_url": ("imap", "imaps")}
_OUTSIDE = frozenset(
    {
        "CONFIG",
        "PG_BIN",
        "PG_AS",
        "CHROMIUM",
        "FUZZ_FILES",
        "FUZZ_FILMS",
        "EXCERPT_TRIALS",
        "TEST_PROCESSES",
        "TEST_URL",
        "CRASH_ROUNDS",
        "PROMISE_EXAMPLES",
        "GUESSES",
        "WAVE",
        "HASH_PICTURES",
    }
)


class Settings(BaseModel):
    """Every setting with its default. The environment's name is `ODZEW_` and the name in capitals; the file has the small name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: Annotated[Path, Field(description="The data folder: embedded database, keys, exports.")] = Path(
        "~/.local/share/odzew"
    ).expanduser()
    database_url: Annotated[str, Field(description="A PostgreSQL >= 15 of your own; empty: the embedded one in `data`.")] = ""
    keys: Annotated[Path | None, Field(description="The folder of the master key; default `data/keys`. Back it up apart.")] = None
    public_url: Annotated[str, Field(description="Where people reach this desk, for example https://desk.example.org.")] = ""
    host: Annotated[str, Field(description="The address the web listens on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="The port the web listens on.")] = 8400
    web_processes: Annotated[int, Field(ge=1, le=64, description="Web processes.")] = 2
    web_threads: Annotated[int, Field(ge=1, le=32, description="Threads of each web process; each may hold one connection.")] = 4
    web_waiting: Annotated[
        int,
        Field(ge=1, le=10_000, description="Whole requests that wait for a thread of a web process; more are told to come again."),
    ] = 256
    web_connections: Annotated[
        int, Field(ge=16, le=100_000, description="Connections that a web process holds; others wait until one is closed.")
    ] = 4096
    client_seconds: Annotated[
        int,
        Field(ge=1, le=60, description="Seconds that a client may take for a request's head, be silent, or be late with its body."),
    ] = 20
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="The operator's country (ISO 3166).")] = "PL"
    controller: Annotated[
        str,
        Field(max_length=300, description="Who answers for the data, and how to write to them: one line, shown at `/privacy`."),
    ] = ""
    jurisdiction: Annotated[Literal["EU", "UK", "US", "AU", "other"], Field(description="Whose rules bind the desk.")] = "EU"
    formal_requests: Annotated[
        Literal["law", "none", "tida", "uk", "both"],
        Field(
            description="Formal requests that the status page offers: the TAKE IT DOWN Act, UK section 20A, both; `law`: by `jurisdiction`."
        ),
    ] = "law"
    time_zone: Annotated[str, Field(description="The zone in which times are told to people.")] = "Europe/Warsaw"
    language: Annotated[Literal["en", "pl"], Field(description="The language when a reader has not chosen one.")] = "en"
    report_form: Annotated[bool, Field(description="Show the report form at `/`. Without it `/` says where to report.")] = True
    policy: Annotated[
        Path | None,
        Field(description="The policy that a new desk begins with; default `data/policy.toml` if it exists, else the shipped."),
    ] = None
    notices_per_second: Annotated[int, Field(ge=1, description="Notices a second that one key may send.")] = 1000
    checks_per_second: Annotated[int, Field(ge=1, description="Upload checks a second that one key may ask.")] = 10_000
    alarm_mail: Annotated[str, Field(description="Where alarms are mailed.")] = ""
    smtp_url: Annotated[str, Field(description="smtp[s]://user:password@host:port for alarms and answers by mail.")] = ""
    mail_address: Annotated[
        str,
        Field(
            pattern=r"^$|^[^\s<>@,;:\"]{1,64}@[A-Za-z0-9.-]{1,253}$",
            description="The address that reports are mailed to, and answered from.",
        ),
    ] = ""
    mail_milter: Annotated[
        str, Field(description="Where the milter listens: 127.0.0.1:PORT or unix:/PATH; `odzew up` then starts it too.")
    ] = ""
    mail_imap_url: Annotated[
        str, Field(description="imaps://user:password@host:port/FOLDER of a mailbox of its own that reports are fetched from.")
    ] = ""
    mail_trash: Annotated[str, Field(description="The trash folder of that mailbox, which is emptied.")] = ""
    mail_authserv: Annotated[
        str,
        Field(
            description="The name by which your mail server signs its `Authentication-Results`; without it no sender is believed."
        ),
    ] = ""
    oidc_issuer: Annotated[
        str,
        Field(
            description="Single sign-on by OpenID Connect: the provider's issuer, as its discovery document writes it. Empty: off."
        ),
    ] = ""
    oidc_client_id: Annotated[str, Field(max_length=400, description="The desk's client id at that provider.")] = ""
    oidc_client_secret: Annotated[
        str, Field(max_length=400, description="The client secret; empty: the file `oidc-client-secret` in the folder of the keys.")
    ] = ""
    oidc_name: Annotated[str, Field(max_length=40, description="What your people call that provider; it is on the button.")] = ""
    oidc_private: Annotated[
        bool, Field(description="The provider may be on a private address; on this machine itself also without TLS.")
    ] = False
    alarm_ntfy: Annotated[str, Field(description="The address of an ntfy topic for alarms.")] = ""
    alarm_webhook: Annotated[str, Field(description="An address that gets alarms as JSON.")] = ""
    witness_url: Annotated[str, Field(description="An outsider's address that gets the daily checkpoint of the record.")] = ""
    decoder_children: Annotated[int, Field(ge=1, le=32, description="Files that one process has decoded at a time.")] = 2
    decoder_memory: Annotated[int, Field(ge=128, description="Memory that one file may take to decode, in MiB.")] = 1024
    decoder_megapixels: Annotated[
        int, Field(ge=1, le=1000, description="Pixels of a picture or frame that is decoded, in millions.")
    ] = 100
    decoder_seconds: Annotated[int, Field(ge=1, le=600, description="Processor time that one picture may take, in seconds.")] = 10
    decoder_film_seconds: Annotated[int, Field(ge=1, le=7200, description="The same for a film.")] = 240
    hosted_per_second: Annotated[
        float, Field(gt=0, le=1000, description="Files a second that are fetched from one platform to be hashed.")
    ] = 4.0
    hosted_megabytes: Annotated[
        int, Field(ge=1, le=4096, description="Bytes of one such file at most, in MiB; two at a time are held in memory.")
    ] = 64
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Field(description="How much is logged, to stderr.")] = "info"
    demo: Annotated[bool, Field(description="Set by `odzew demo` alone: loopback, sign-in by link, alarms on a page.")] = False

    @field_validator("data", "keys", "policy", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else value

    @field_validator(
        "database_url", "public_url", "smtp_url", "mail_imap_url", "oidc_issuer", "alarm_ntfy", "alarm_webhook", "witness_url"
    )
    @classmethod
    def _readable(cls, value: str, info: ValidationInfo) -> str:
        """An address with a host and, if any, a port that is a number; the database may be reached by a socket."""
        schemes = _SCHEMES.get(str(info.field_name), ("http", "https"))
        try:
            parts = urlsplit(value)
            good = not value or (parts.scheme in schemes and bool(parts.hostname or "postgres" in parts.scheme) and parts.port != 0)
        except ValueError:
            good = False
        if not good:
            raise ValueError(f"is not an address that begins with {' or '.join(f'{name}://' for name in schemes)}")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not a time zone, for example Europe/Warsaw") from error
        return value

    @property
    def formal(self) -> frozenset[str]:
        """The laws under which the status page offers a formal request."""
        own = {"US": {"tida"}, "UK": {"uk"}}.get(self.jurisdiction, set())
        chosen = {"law": own, "none": set(), "both": {"tida", "uk"}}.get(self.formal_requests, {self.formal_requests})
        return frozenset(chosen)

    @property
    def keys_folder(self) -> Path:
        """Where the master key lies."""
        return self.keys or self.data / "keys"

    @property
    def index_folder(self) -> Path:
        """Where the segments of the index lie."""
        return self.data / "index"

    @property
    def base_url(self) -> str:
        """The desk's address for people, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def read_settings(*, environ: Mapping[str, str]) -> Settings:
    """Return the settings of `environ` over those of the file it names in `ODZEW_CONFIG`.

    Raises `Unsafe` with one sentence that names the wrong or unknown setting.
    """
    values: dict[str, Any] = {}
    config = environ.get("ODZEW_CONFIG")
    if config:
        try:
            values.update(tomllib.loads(Path(config).read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise Unsafe(f"ODZEW_CONFIG names {config}, which cannot be read: {error}") from error
    known = {name.upper() for name in Settings.model_fields}
    for name, value in environ.items():
        if not name.startswith("ODZEW_") or (short := name.removeprefix("ODZEW_")) in _OUTSIDE:
            continue
        if short not in known:
            raise Unsafe(f"{name} is not a setting of Odzew; see the list in docs/settings.md or unset it.")
        if value:
            values[short.lower()] = value
    try:
        return Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "setting"
        why = "is not a setting of Odzew" if first["type"] == "extra_forbidden" else str(first["msg"]).removeprefix("Value error, ")
        raise Unsafe(f"The setting {name} (ODZEW_{name.upper()}) is wrong: {why}.") from error


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return read_settings(environ=os.environ)
