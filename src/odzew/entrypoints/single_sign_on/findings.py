"""What is wrong with single sign-on: by the settings alone, and by asking the provider."""

from __future__ import annotations

from collections.abc import Iterator

from odzew.entrypoints.checks import Finding, error, warning
from odzew.entrypoints.single_sign_on.client import Client
from odzew.entrypoints.single_sign_on.place import place_of
from odzew.foundation.errors import OdzewError, Unsafe
from odzew.foundation.outgoing import Http
from odzew.foundation.settings import Settings


def provider_findings(chosen: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the settings; of a desk without single sign-on, nothing."""
    try:
        place = place_of(chosen=chosen)
    except Unsafe as problem:
        yield error("oidc", problem.sentence)
        return
    if place and place.private:
        yield warning("oidc_private", "ODZEW_OIDC_PRIVATE is set: the provider is trusted on a private address too.")


def check_provider(*, chosen: Settings) -> list[Finding]:
    """Return why the provider cannot be asked now. It stops no start: people sign in by secret and code all the same."""
    try:
        place = place_of(chosen=chosen)
        if place:
            Client(place=place, out=Http()).look()
    except Unsafe:
        return []  # told of by the settings
    except OdzewError as problem:
        return [error("oidc_unreachable", problem.sentence, refuses=False)]
    return []
