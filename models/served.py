"""What the log says of an application in its analytics_updated events: the report that an
outcome is judged by, and the prediction that was served."""

import msgspec

from models import instant
from models.features import employer_of, status_of
from models.outcomes import Report
from models.stays import Place


class _Change(msgspec.Struct, gc=False):
    to: str
    at: str


class _Row(msgspec.Struct, rename="camel", gc=False):
    application_id: str
    applied_at: str | None
    status: str | None
    status_at: str | None
    first_response_at: str | None
    last_employer_activity_at: str | None
    company: str | None
    match_score: float | None
    views: int
    interviews_scheduled: int
    status_changes: list[_Change]


class Served(msgspec.Struct, rename="camel", gc=False):
    """A prediction as it was served."""

    p: float
    model_version: int
    cold_start: bool
    computed_at: str


class _Data(msgspec.Struct, rename="camel", gc=False):
    analytics: _Row
    event_types: list[str]
    success_probability: Served | None = None


class _Envelope(msgspec.Struct, gc=False):
    data: _Data


class Prediction(msgspec.Struct, frozen=True, gc=False):
    """A served prediction; `computed_at` in microseconds since 1970."""

    p: float
    version: int
    computed_at: int
    status: str | None


def report(payload: str | bytes, partition: int, offset: int) -> Report | None:
    """What an analytics_updated event reports; None for a mere refold or rescore, and for an
    application that nobody has made yet."""
    data = _decode(payload).data
    row, served = data.analytics, data.success_probability
    if not data.event_types or row.applied_at is None:
        return None
    applied_at = instant.parse(row.applied_at)
    silent_since = _instant(row.last_employer_activity_at) or applied_at
    return Report(
        row.application_id,
        partition,
        offset,
        row.status,
        _instant(row.status_at),
        silent_since,
        applied_at,
        _instant(row.first_response_at),
        None if served is None else not served.cold_start,
        Place(
            employer_of(row.company),
            status_of(row.status),
            _instant(row.status_at),
            row.match_score,
            row.interviews_scheduled,
            row.views,
            applied_at,
            silent_since,
            [(instant.parse(one.at), status_of(one.to)) for one in row.status_changes],
        ),
    )


def prediction(payload: str) -> Prediction | None:
    """The prediction that an analytics_updated event served, if it served one."""
    data = _decode(payload).data
    served = data.success_probability
    if served is None:
        return None
    at = instant.parse(served.computed_at)
    return Prediction(served.p, served.model_version, at, data.analytics.status)


def _instant(written: str | None) -> int | None:
    return None if written is None else instant.parse(written)


_decode = msgspec.json.Decoder(_Envelope).decode
