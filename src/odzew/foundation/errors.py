"""The one family of errors that people and programs may be told about."""

from __future__ import annotations


class OdzewError(Exception):
    """Something a person or program did that cannot be done, or a thing they must know.

    `code` is a short stable name (it becomes the problem type of RFC 9457 and the key of a translated sentence), `sentence` one
    English sentence that says what happened and what to do, `status` the HTTP status a program sees, `detail` plain data.
    `detail["why"]`, where it is given, is the stable name of this very sentence: the key of its words in every language.
    """

    status = 400
    code = "bad-request"

    def __init__(self, sentence: str, **detail: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.detail = detail


class Invalid(OdzewError):
    """The words are well formed but their content is not acceptable."""

    status = 422
    code = "invalid"


class Unauthorised(OdzewError):
    """No key, or one that is wrong, revoked or expired."""

    status = 401
    code = "unauthorised"


class Forbidden(OdzewError):
    """The key is good, but not for this."""

    status = 403
    code = "forbidden"


class NotFound(OdzewError):
    """There is no such thing, or not for this key."""

    status = 404
    code = "not-found"


class Conflict(OdzewError):
    """The thing is in another state than the call assumes."""

    status = 409
    code = "conflict"


class TooMany(OdzewError):
    """A limit was reached; `detail["retry_after"]` is in seconds."""

    status = 429
    code = "too-many"


class Unavailable(OdzewError):
    """The desk cannot do it now and nothing was stored; try again."""

    status = 503
    code = "unavailable"


class Unsafe(OdzewError):
    """A setting or surrounding that is not safe to run with."""

    status = 500
    code = "unsafe"
