"""The text of the policy that ships with Odzew."""

from __future__ import annotations

from importlib.resources import files


def shipped_policy_text() -> str:
    """Read the packaged `default.toml`."""
    return files("odzew.policy").joinpath("default.toml").read_text(encoding="utf-8")
