"""`/m/*`: is it known? Asked as `POST /api/v1/check` asks, answered by bank and content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, QueryDict

from odzew.banks.contents import content_numbers
from odzew.banks.data import MOST_DISTANCE, REPORTED
from odzew.banks.hma import TYPES
from odzew.banks.verdict import Asking, Hit
from odzew.cases.prints import Looks
from odzew.entrypoints.api.bodies import read_json
from odzew.entrypoints.api.check import HOLDS, ask, looked_at
from odzew.entrypoints.api.notices import to_json
from odzew.entrypoints.api.problems import Reply
from odzew.entrypoints.hashes import the_index
from odzew.entrypoints.hma.hashing import noted, refuse_undecoded
from odzew.entrypoints.hma.signals import file_of, flag, names_in, signal_of, type_of, types_in
from odzew.foundation.errors import Invalid, Unavailable
from odzew.ledger.people import Caller
from odzew.matching.api import KNOWN
from odzew.usecases.check_upload import Checked

ByBank = dict[str, list[dict[str, Any]]]
_AGAIN_SECONDS: Final = 5


def lookup_signal(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `GET /m/lookup`: the banks that know one hash. An empty PDQ, which a flat picture has, is known to nobody."""
    query = request.GET
    if query.get("signal") == "" and type_of(name=query.get("signal_type", "")) == "pdq":
        return Reply(status=200, body=b"{}", headers=noted(note="An empty PDQ says nothing; look the file up by its bytes."))
    asking = Asking(banks=names_in(query, "banks"), seed=_seed(query), whole=flag(query, "bypass_coinflip"))
    done = _whole(ask(files=[_looks(query)], caller=caller, now=now, asking=asking))
    return Reply(status=200, body=to_json(_by_bank(_told(done.hits, asking))))


def raw_lookup(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `GET /m/raw_lookup`: the contents that match one hash, whatever share of look-ups their bank answers."""
    query = request.GET
    asking = Asking(banks=names_in(query, "banks"), whole=True)
    far = flag(query, "include_distance")
    done = _whole(ask(files=[_looks(query)], caller=caller, now=now, asking=asking))
    found = [m for some in _by_bank(_told(done.hits, asking)).values() for m in some]
    found.sort(key=lambda m: (int(m["distance"]), m["bank_content_id"]))
    return Reply(status=200, body=to_json({"matches": found if far else [m["bank_content_id"] for m in found]}))


def lookup_file(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `POST /m/lookup`: the banks that know a file, by signal type.

    A file that the decoder gave up on is not said to be unknown: raises `Unreadable`, unless its bytes are known.
    """
    content, file = file_of(request=request)
    types = types_in(request.GET, content=content)
    query = request.GET
    asking = Asking(banks=names_in(query, "banks"), seed=_seed(query), whole=flag(query, "bypass_coinflip"))
    looks, verdict, note = looked_at(file=file)
    hits: list[Hit] = []
    if (asked := _only(looks, types)).known():
        done = ask(files=[asked], unseen=verdict in HOLDS, caller=caller, now=now, asking=asking)
        hits = _told(_whole(done).hits, asking)
    if verdict in HOLDS and not hits:
        refuse_undecoded(verdict=verdict, note=note)
    said = {name: _by_bank(h for h in hits if h.entry.type == TYPES[name]) for name in sorted(types)}
    return Reply(status=200, body=to_json(said), headers=noted(note=note))


def compare(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `POST /m/compare`: how far two hashes of a type are from each other. Raises `Invalid`."""
    sent = read_json(body=request.body)
    if not isinstance(sent, dict) or not sent:
        raise Invalid('Send a JSON object such as {"pdq": [HASH, HASH]}.')
    return Reply(status=200, body=to_json({name: _compared(name, pair) for name, pair in sent.items()}))


def index_status(*, request: HttpRequest, caller: Caller, now: datetime) -> Reply:
    """Answer `GET /m/index/status`: what the index of this process holds, and as of when."""
    only = request.GET.get("signal_type")
    names = TYPES if only is None else {only: type_of(name=only)}
    index = the_index()
    sizes, as_of = index.sizes(collection=KNOWN), index.standing().as_of
    built = int(as_of.timestamp()) if as_of else -1
    said = {n: {"present": as_of is not None, "built_to": built, "size": sizes.get(t, 0)} for n, t in names.items()}
    return Reply(status=200, body=to_json(said))


def _compared(name: str, pair: Any) -> list[Any]:
    type_of(name=name)
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(p, str) for p in pair):
        raise Invalid(f"Of the type {name} give exactly two hashes in a list.")
    (type_, one), (_, other) = (signal_of(name=name, text=p) for p in pair)
    if type_ != "pdq":
        return [one == other, {}]
    distance = (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()
    return [distance <= MOST_DISTANCE, {"distance": distance}]


def _looks(query: QueryDict) -> Looks:
    if "signal" not in query or "signal_type" not in query:
        raise Invalid("Give both signal and signal_type, or send a file with POST /m/lookup.")
    type_, value = signal_of(name=str(query["signal_type"]), text=query["signal"])
    return Looks(pdq=value, quality=100) if type_ == "pdq" else Looks(md5=value) if type_ == "md5" else Looks(sha256=value)


def _only(looks: Looks, types: Iterable[str]) -> Looks:
    """Keep of a file what the caller wants to know of."""
    kept = {TYPES[name] for name in types}
    if "pdq" not in kept:
        looks = replace(looks, pdq=None, turned=(), frames=())
    return replace(looks, md5=looks.md5 if "md5" in kept else None, sha256=looks.sha256 if "sha256" in kept else None)


def _seed(query: QueryDict) -> bytes | None:
    return str(query["seed"]).encode("utf-8", "replace")[:1000] if "seed" in query else None


def _whole(done: Checked) -> Checked:
    """Raise `Unavailable` where nothing was found because not everything could be asked: that must not look like "not known"."""
    if not done.hits and any(v.incomplete for v in done.verdicts):
        raise Unavailable("The index is not whole at the moment; ask again.", retry_after=_AGAIN_SECONDS)
    return done


def _told(hits: Iterable[Hit], asking: Asking) -> list[Hit]:
    """Leave out what a client that knows no opinions would misread, unless it names the bank.

    Every match means "known" to it. A negative entry means the opposite, and what reporters sent nobody has looked at.
    """
    named = asking.banks or frozenset()
    return [h for h in hits if h.entry.bank.name in named or (h.entry.opinion != "negative" and h.entry.bank.name != REPORTED)]


def _by_bank(hits: Iterable[Hit]) -> ByBank:
    """Return each content once, with its least distance as text, as Hasher-Matcher-Actioner has it."""
    some = list(hits)
    numbers = content_numbers(entries=[h.entry for h in some])
    nearest: dict[tuple[str, int], int] = {}
    for hit in some:
        key = (hit.entry.bank.name, numbers[hit.entry.id])
        nearest[key] = min(hit.distance, nearest.get(key, hit.distance))
    said: ByBank = {}
    for (bank, number), distance in sorted(nearest.items(), key=lambda n: (n[0][0], n[1], n[0][1])):
        said.setdefault(bank, []).append({"bank_content_id": number, "distance": str(distance)})
    return said
