"""What every call is given: the desk of this process, made once."""

from __future__ import annotations

from functools import lru_cache

from odzew.entrypoints.runtime import make_desk
from odzew.foundation.settings import settings
from odzew.usecases.desk import Desk


@lru_cache(maxsize=1)
def the_desk() -> Desk:
    """Return the desk of this process. Raises `Unsafe` for a policy that does not keep the promises."""
    return make_desk(chosen=settings())
