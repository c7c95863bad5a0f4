"""`odzew hash`: the hashes of pictures and videos on this machine. It needs no database, no settings and no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from odzew.entrypoints.cli.common import Json, put
from odzew.foundation.errors import Invalid

if TYPE_CHECKING:
    from odzew.hashing.data import FileHashes


def hash_files(
    files: Annotated[list[str] | None, typer.Argument(help="Pictures and videos.", metavar="FILE", show_default=False)] = None,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER|LIST",
            help="Hash everything below a folder, or the paths of a list (- for stdin), separated by newlines or NUL.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the lines of the catalogue go (NDJSON).", dir_okay=False)] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, max=256, help="How many files are decoded at a time; as many as there are processors.")
    ] = None,
    turned: Annotated[bool, typer.Option("--turned", help="All eight orientations of each picture of the catalogue.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a catalogue was stopped.")] = False,
    as_json: Json = False,
) -> None:
    """Print the PDQ, SHA-256 and MD5 of pictures and videos.

    PDQ is exact: what other programs compute for the same picture. A file that cannot be decoded has a note and no PDQ; the command fails
    if that is so for all of them.

    A catalogue of any size is hashed by several confined processes, a line for each file, and can be stopped and gone on with at any moment.

    Example: odzew hash bridge.jpg clip.mp4 --json

    Example: odzew hash --catalogue /srv/media --out hashes.ndjson --resume
    """
    if catalogue is not None:
        from odzew.entrypoints.cli.catalogue import hash_catalogue

        if files or out is None:
            raise typer.BadParameter("A catalogue takes --out and no FILE.", param_hint="--catalogue")
        return hash_catalogue(source=catalogue, out=out, processes=processes, turned=turned, resume=resume, as_json=as_json)
    if not files:
        raise typer.BadParameter("Name a file, or a --catalogue.", param_hint="FILE")
    if out or processes or resume or turned:
        raise typer.BadParameter("--out, --processes, --turned and --resume belong to a --catalogue.", param_hint="FILE")
    found = []
    for name, hashes, note in _hashed(files):
        found.append((name, hashes, note))
        if not as_json:
            print("\n".join(_in_words(name, hashes, note)), flush=True)
    if as_json:
        put([_in_json(name, hashes, note) for name, hashes, note in found])
    if not any(hashes and (hashes.picture or hashes.frames) for _, hashes, _ in found):
        raise Invalid(found[0][2] if len(found) == 1 else "None of the files could be hashed as a picture or a video.")
    return None


def _hashed(files: list[str]) -> Iterator[tuple[str, FileHashes | None, str]]:
    """Hash one file after the other, with a bar on a terminal; give each name, its hashes if it can be read, and a note."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=len(files) == 1 or not console.is_terminal) as progress:
        task = progress.add_task("Hashing", total=len(files))
        for name in files:
            yield (name, *_one(name))
            progress.advance(task)


def _one(name: str) -> tuple[FileHashes | None, str]:
    from odzew.hashing.api import hash_file

    if Path(name).is_dir():
        return None, f"{name} is a folder: name the files in it."
    try:
        with Path(name).open("rb") as file:
            hashes = hash_file(data=file)
    except OSError as error:
        return None, f"{name} cannot be read: {error.strerror}."
    return hashes, hashes.note


def _in_json(name: str, hashes: FileHashes | None, note: str) -> dict[str, Any]:
    picture = hashes.picture if hashes else None
    said: dict[str, Any] = {
        "file": name,
        "kind": hashes.kind if hashes else "unknown",
        "pdq": picture.pdq.hex if picture else None,
        "quality": picture.pdq.quality if picture else None,
        "sha256": hashes.sha256.hex() if hashes else None,
        "md5": hashes.md5.hex() if hashes else None,
    }
    if hashes and hashes.frames:
        from odzew.matching.decoder.one import frames_said

        said["frames"] = frames_said(hashes=hashes)
    return said | ({"note": note} if note else {})


def _in_words(name: str, hashes: FileHashes | None, note: str) -> Iterator[str]:
    yield name
    if hashes:
        if hashes.picture:
            yield f"  pdq     {hashes.picture.pdq.hex}  quality {hashes.picture.pdq.quality}"
        for frame in hashes.frames:
            yield f"  {frame.at:6.1f}s {frame.pdq.hex}  quality {frame.pdq.quality}"
        yield f"  sha256  {hashes.sha256.hex()}"
        yield f"  md5     {hashes.md5.hex()}"
    if note:
        yield f"  note    {note}"
