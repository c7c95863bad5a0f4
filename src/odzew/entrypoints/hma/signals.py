"""What Hasher-Matcher-Actioner calls a hash and a kind of file, and reading them from a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict

from odzew.banks.data import SIZES, HashType
from odzew.banks.files import read_hash
from odzew.banks.hma import TYPES
from odzew.entrypoints.api.problems import Unreadable
from odzew.foundation.errors import Invalid

# What a file is looked up by, by the name of the form's field.
OF_CONTENT: Final[Mapping[str, tuple[str, ...]]] = {
    "photo": ("pdq", "md5", "sha256"),
    "video": ("pdq", "video_md5", "video_sha256"),
}
_MOST_NAMES: Final = 100
_TRUE: Final = frozenset({"true", "1"})
_FALSE: Final = frozenset({"false", "0"})


def type_of(*, name: str) -> HashType:
    """Return which of the desk's hashes a signal type is. Raises `Invalid`."""
    found = TYPES.get(name)
    if found is None:
        raise Invalid(f"There is no signal type of this name; there are {', '.join(TYPES)}.")
    return found


def signal_of(*, name: str, text: Any) -> tuple[HashType, bytes]:
    """Return a signal as a type and the bytes of its hexadecimal digits, small or capital. Raises `Invalid`."""
    type_ = type_of(name=name)
    try:
        return type_, read_hash(text=str(text)[:200], size=SIZES[type_])
    except ValueError as error:
        raise Invalid(f"The signal of the type {name} {error}.") from None


def flag(query: QueryDict, name: str) -> bool:
    """Return a parameter that is true or false; false if it is not there. Raises `Invalid`."""
    value = query.get(name, "false").lower()
    if value not in _TRUE | _FALSE:
        raise Invalid(f"The parameter {name} is true or false.")
    return value in _TRUE


def names_in(query: QueryDict, name: str) -> frozenset[str] | None:
    """Return the names of a list with commas; None if there is none. Raises `Invalid` for too many."""
    value = query.get(name, "")
    if not value:
        return None
    found = frozenset(n.strip() for n in value.split(",") if n.strip())
    if not 0 < len(found) <= _MOST_NAMES:
        raise Invalid(f"The parameter {name} has 1 to {_MOST_NAMES} names with commas between them.")
    return found


def types_in(query: QueryDict, *, content: str) -> frozenset[str]:
    """Return the signal types that a request wants of a file of this kind; all if it does not say. Raises `Invalid`."""
    wanted, there = names_in(query, "types"), OF_CONTENT[content]
    if wanted is not None and (unknown := sorted(wanted - set(there))):
        raise Invalid(f"A {content} has the signal types {', '.join(there)}; the parameter types has {len(unknown)} other.")
    return frozenset(there) if wanted is None else wanted


def file_of(*, request: HttpRequest) -> tuple[str, UploadedFile[bytes]]:
    """Return the kind of file and the file of a form: one field, named photo or video. Raises `Unreadable` and `Invalid`."""
    try:
        sent = [(name, file) for name in request.FILES for file in request.FILES.getlist(name)]
    except Exception as error:  # Django's parser has several ways to say that a form is broken
        raise Unreadable("The form cannot be read; send multipart/form-data with one file.") from error
    if len(sent) != 1 or sent[0][0] not in OF_CONTENT:
        raise Invalid("Send exactly one file, in a field that is named after what it is: photo or video.")
    return sent[0]
