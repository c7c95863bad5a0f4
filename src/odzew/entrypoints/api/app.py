"""Every route of the API, each behind its own door."""

from __future__ import annotations

import uuid
from importlib.metadata import version
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Header, NinjaAPI, Path, Query
from ninja.errors import HttpError
from ninja.errors import ValidationError as Wrong
from ninja.openapi.schema import OpenAPISchema
from pydantic import Field

from odzew.entrypoints.api import cases, check, items, notice_batch, notices, opinions, views
from odzew.entrypoints.api.bodies import BATCH, ITEM, JSON, KB, MULTIPART, NDJSON, NOTICE, Bodies
from odzew.entrypoints.api.door import READERS, Key, Rights, caller_in, pace_checks
from odzew.entrypoints.api.problems import TYPE, Unreadable, invalid, refuse, response
from odzew.entrypoints.api.shapes import AppealIn, DecisionIn, ItemIn, ItemLine, NoticeIn, OpinionIn, WaveDecisionIn
from odzew.entrypoints.check.shapes import CheckIn, CheckOut
from odzew.foundation.errors import OdzewError
from odzew.foundation.moments import utc_now
from odzew.ledger.people import DECIDERS, OUTSIDE

PREFIX: Final = "/api/v1"
NOTICES: Final = Rights(scopes=frozenset({"notices"}))
_READ_NOTICE: Final = Rights(scopes=frozenset({"notices", "read"}), roles=READERS)
_READ_CASES: Final = Rights(scopes=frozenset({"read"}), roles=READERS)
_DECIDE: Final = Rights(roles=DECIDERS)
_APPEAL: Final = Rights(scopes=frozenset({"appeals"}))
_OPINION: Final = Rights(scopes=frozenset({"notices"}), roles=frozenset({OUTSIDE}))
_ITEMS: Final = Rights(scopes=frozenset({"items"}))
_CHECK: Final = Rights(scopes=frozenset({"check", "lookup"}))

_ANY: Final = (401, 403, 429, 500, 503)
_BODY: Final = (400, 411, 413, 415, 422)


_ABOUT: Final = (
    "Notices in, measures and answers out. Every call carries `Authorization: Bearer KEY`; a revoked key ends within two seconds. "
    "A key that sends more than its limit gets 429 with Retry-After. Errors are problem documents (RFC 9457): `detail` in the "
    "language of Accept-Language, `reason` always in English. Until a decision is final only its author and the auditor see it, "
    "and neither state nor version of the case tells others of it."
)


def _answers(good: dict[int, Any], *bad: int) -> dict[int, Any]:
    return {**good, **dict.fromkeys(sorted({*_ANY, *bad}), views.Problem)}


class Api(NinjaAPI):
    """The API, whose errors are described as what they are: problem documents."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        """Return the OpenAPI document."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        for methods in document["paths"].values():
            for operation in methods.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= 400:
                        answer["content"] = {TYPE: answer["content"]["application/json"]}
        return document


api = Api(
    title="Odzew",
    version=version("odzew"),
    description=_ABOUT,
    docs_url=None,
    parser=Bodies(),
    urls_namespace="api",
)


@api.exception_handler(Exception)
def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    return refuse(request, error)


@api.exception_handler(OdzewError)
def _expected(request: HttpRequest, error: OdzewError) -> HttpResponse:
    return refuse(request, error)


@api.exception_handler(Wrong)
def _wrong(request: HttpRequest, error: Wrong) -> HttpResponse:
    return refuse(request, invalid(error=error.errors, drop=2))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    cause = error.__cause__
    return refuse(request, cause if isinstance(cause, OdzewError) else Unreadable("The request cannot be read."))


def _described(*, shape: type, media: str) -> dict[str, Any]:
    schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")  # type: ignore[attr-defined]
    schema.pop("$defs", None)
    return {"requestBody": {"required": True, "content": {media: {"schema": schema}}}}


@api.post(
    "/notices",
    auth=Key(rights=NOTICES, body=NOTICE),
    response=_answers({200: views.ReceiptOut, 201: views.ReceiptOut}, *_BODY, 404, 409),
    operation_id="send_notice",
    tags=["notices"],
)
def send_notice(request: HttpRequest, payload: NoticeIn) -> HttpResponse:
    """Send a notice. The same `external_id` again gives 200 and the identical body for 24 hours, with other content 409."""
    return response(notices.take_notice(sent=payload, caller=caller_in(request), now=utc_now()))


@api.post(
    "/notices:batch",
    auth=Key(rights=NOTICES, body=BATCH, type=NDJSON),
    response=_answers({200: views.NoticesTakenOut}, *_BODY),
    operation_id="send_notices",
    tags=["notices"],
    openapi_extra=_described(shape=NoticeIn, media=NDJSON),
)
def send_notices(request: HttpRequest) -> HttpResponse:
    """Send up to 5,000 notices, one JSON object a line, each with an `external_id`; every line has its own result."""
    return response(notice_batch.take_notices(source=request, caller=caller_in(request), now=utc_now()))


@api.get(
    "/notices/{uuid:notice}",
    auth=Key(rights=_READ_NOTICE),
    response=_answers({200: views.NoticeOut}, 404),
    operation_id="read_notice",
    tags=["notices"],
)
def read_notice(request: HttpRequest, notice: uuid.UUID) -> HttpResponse:
    """Read a notice of your own, with every answer given to its reporter; people read every notice."""
    return response(notices.read_notice(notice=notice, caller=caller_in(request)))


@api.get(
    "/cases",
    auth=Key(rights=_READ_CASES),
    response=_answers({200: views.CasesOut}, 422),
    operation_id="list_cases",
    tags=["cases"],
)
def list_cases(
    request: HttpRequest,
    state: Annotated[cases.Which, Query(description="`open`: nobody has decided; `closed`: decided.")] = "open",
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> HttpResponse:
    """List cases: for people the queue in its order, for programs the cases of their platform, the newest first."""
    return response(cases.list_cases(caller=caller_in(request), which=state, after=after, limit=limit, now=utc_now()))


@api.get(
    "/cases/{uuid:case}",
    auth=Key(rights=_READ_CASES),
    response=_answers({200: views.CaseOut}, 404),
    operation_id="read_case",
    tags=["cases"],
)
def read_case(request: HttpRequest, case: uuid.UUID) -> HttpResponse:
    """Read a case; until a decision is final, only its author and the auditor see it."""
    return response(cases.read_case(case=case, caller=caller_in(request), now=utc_now()))


@api.post(
    "/cases/{uuid:case}/decisions",
    auth=Key(rights=_DECIDE, body=32 * KB),
    response=_answers({201: views.DecidedOut}, *_BODY, 404, 409),
    operation_id="decide_case",
    tags=["cases"],
)
def decide_case(
    request: HttpRequest,
    case: uuid.UUID,
    payload: DecisionIn,
    if_match: Annotated[str | None, Header(alias="If-Match", description="The version of the case that was read.")] = None,
) -> HttpResponse:
    """Decide a case with a person's key. 409: it is closed, or not in the version of `If-Match`."""
    sent = cases.post_decision(case=case, sent=payload, if_match=if_match, caller=caller_in(request), now=utc_now())
    return response(sent)


@api.post(
    "/cases/{uuid:case}/appeals",
    auth=Key(rights=_APPEAL, body=NOTICE),
    response=_answers({201: views.AppealedOut}, *_BODY, 404, 409),
    operation_id="appeal",
    tags=["cases"],
)
def appeal(request: HttpRequest, case: uuid.UUID, payload: AppealIn) -> HttpResponse:
    """Appeal: a reporter with their receipt code, an uploader by their platform's key."""
    return response(cases.post_appeal(case=case, sent=payload, caller=caller_in(request), now=utc_now()))


@api.get(
    "/opinions",
    auth=Key(rights=_OPINION),
    response=_answers({200: views.OpinionsOut}),
    operation_id="list_opinions",
    tags=["opinions"],
)
def list_opinions(request: HttpRequest) -> HttpResponse:
    """List the cases on which you are asked for an opinion from outside the desk: of a source those that it raised itself."""
    return response(opinions.list_opinions(caller=caller_in(request), now=utc_now()))


@api.post(
    "/cases/{uuid:case}/opinions",
    auth=Key(rights=_OPINION, body=32 * KB),
    response=_answers({201: views.OpinionGivenOut}, *_BODY, 404, 409),
    operation_id="give_opinion",
    tags=["opinions"],
)
def give_opinion(request: HttpRequest, case: uuid.UUID, payload: OpinionIn) -> HttpResponse:
    """Give an opinion on a case that you raised or are asked about. It counts beside the desk's own signature, never alone."""
    return response(opinions.post_opinion(case=case, sent=payload, caller=caller_in(request), now=utc_now()))


@api.get(
    "/wave",
    auth=Key(rights=_DECIDE),
    response=_answers({200: views.WaveOut}),
    operation_id="read_wave",
    tags=["cases"],
)
def read_wave(request: HttpRequest) -> HttpResponse:
    """Read the wave of weaponised reports that one set of signatures may reverse, and the cases apart from it."""
    return response(cases.read_wave(now=utc_now()))


@api.post(
    "/wave/decisions",
    auth=Key(rights=_DECIDE, body=512 * KB),
    response=_answers({201: views.WaveDecidedOut}, *_BODY, 409),
    operation_id="decide_wave",
    tags=["cases"],
)
def decide_wave(request: HttpRequest, payload: WaveDecisionIn) -> HttpResponse:
    """Sign once for the whole wave; each case follows as if decided alone, with the signatures it needs. 409: there is no wave."""
    return response(cases.post_wave_decision(sent=payload, caller=caller_in(request), now=utc_now()))


@api.post(
    "/check",
    auth=Key(rights=_CHECK, body=check.BODY, type=(JSON, MULTIPART), pace=pace_checks),
    response=_answers({200: CheckOut}, *_BODY),
    operation_id="check_upload",
    tags=["items"],
    openapi_extra=_described(shape=CheckIn, media=JSON),
)
def check_upload(request: HttpRequest) -> HttpResponse:
    """Ask before publishing: allow, hold or block. JSON with hashes, or a form with one `file`; with `item` it is registered too.

    Keys with the scope `lookup` see what matched; keys with `check` get the verdict alone.
    """
    return response(check.check(request=request, caller=caller_in(request), now=utc_now()))


@api.post(
    "/items:batch",
    auth=Key(rights=_ITEMS, body=BATCH, type=NDJSON),
    response=_answers({200: views.BatchStoredOut}, *_BODY),
    operation_id="put_items",
    tags=["items"],
    openapi_extra=_described(shape=ItemLine, media=NDJSON),
)
def put_items(request: HttpRequest) -> HttpResponse:
    """Register or update up to 10,000 items, one JSON object a line; a wrong line refuses the whole call and is named."""
    return response(items.put_batch(source=request, caller=caller_in(request), now=utc_now()))


@api.put(
    "/items/{path:item_id}",
    auth=Key(rights=_ITEMS, body=ITEM),
    response=_answers({200: views.ItemStoredOut, 201: views.ItemStoredOut}, *_BODY, 404),
    operation_id="put_item",
    tags=["items"],
)
def put_item(
    request: HttpRequest,
    item_id: Annotated[str, Path(max_length=200), Field(pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")],
    payload: ItemIn,
) -> HttpResponse:
    """Register or update an item that the platform hosts: 201 if it is new."""
    return response(items.put_item(item_id=item_id, sent=payload, caller=caller_in(request), now=utc_now()))
