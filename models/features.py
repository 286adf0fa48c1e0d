"""What the success model looks at: an application's row at a moment, as slots.

A moment has `SLOTS` slots; each is a position among `DIMENSION` weights and a value of about 1.
Known vocabularies have positions of their own, employers are hashed, so memory is bounded
whatever the platform. Nothing personal is looked at: no user, name, place, résumé, note or
date of birth; docs/success.md says why.
"""

from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.analytics import ACTS, Row
from models.application import RANK, Source
from models.instant import US_PER_DAY, US_PER_HOUR

FEATURES_VERSION = 5
"""Goes up whenever a position could come to mean something else, the same weights be told as
another chance, or the same outcomes teach other weights: weights of another version are not read,
and the learning flow learns all outcomes anew."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GROUPS = ("base", "stage", "silence", "age", "activity", "match", "employer", "source", "moment")
"""Slots of one group are told as one factor; the order is that of the slots."""

EMPLOYERS = 2_048
"""Employers are hashed into so many; two that collide share what is learned of them."""
_GATE = 3.0
"""An employer's own weights count n / (n + _GATE) after n learned applications."""
STATUS_COUNT = len(RANK) + 1
_SOURCES = {source.value: number for number, source in enumerate(Source, 1)}
_BUCKETS = 16
_ROUNDS = 4
_SCORE_BINS = 11
_LOG_MAX = 6.0
"""log(1 + days) of a little over a year, the last bucket's beginning."""
_SPANS = (
    np.array(
        [
            *(0, 1, 2, 5, 10, 15, 20, 30, 45),
            *(60 * hours for hours in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 21)),
            *(1_440 * days for days in (1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10)),
            *(1_440 * days for days in (12, 14, 18, 21, 25, 30, 45, 60, 90)),
        ]
    )
    / 1_440.0
)
"""Where the finer buckets begin, in days: minutes, hours and days where things are done so, which
the `_BUCKETS`, made for weeks of silence, do not tell from each other."""
_SPAN_VALUE = 0.7
"""Of a finer bucket: at 1 they take from the others what few outcomes teach
(docs/decisions/success.md)."""


class Moments(NamedTuple):
    """Features of several moments: `positions` and `values` of shape (SLOTS, moments)."""

    positions: Integers
    values: Floats
    status: Integers
    """0 for none, else its rank + 1; of shape (moments,)."""
    employer: Integers
    """Hashed, of shape (moments,)."""
    numbers: Floats
    """What was cut into slots: shape (moments, 19)."""


def _layout(sizes: Sequence[tuple[str, int]]) -> tuple[Integers, Integers, int]:
    """Where each slot's positions begin, where each group's slots begin, and the dimension."""
    starts = np.concatenate(([0], np.cumsum([size for _, size in sizes])))
    groups = [group for group, _ in sizes]
    assert list(dict.fromkeys(groups)) == list(GROUPS)  # noqa: S101
    first = np.array([groups.index(group) for group in GROUPS])
    return starts[:-1], first, int(starts[-1])


_SIZES = (
    ("base", 1),
    ("stage", STATUS_COUNT),
    ("stage", STATUS_COUNT * _ROUNDS),
    ("stage", STATUS_COUNT),
    ("stage", STATUS_COUNT * _BUCKETS),
    ("stage", len(_SPANS)),
    ("silence", 1),
    ("silence", _BUCKETS * ACTS),
    ("silence", _BUCKETS * STATUS_COUNT),
    ("silence", STATUS_COUNT),
    ("silence", len(_SPANS)),
    ("age", 1),
    ("age", _BUCKETS * ACTS),
    ("age", len(_SPANS)),
    ("activity", ACTS * ACTS),
    *[("activity", 1)] * 14,
    ("match", 1),
    ("match", _SCORE_BINS + 1),
    ("match", STATUS_COUNT),
    ("employer", EMPLOYERS),
    ("employer", EMPLOYERS * STATUS_COUNT),
    ("employer", EMPLOYERS),
    ("source", len(_SOURCES) + 1),
    ("moment", 24),
    ("moment", 7),
)
STARTS, GROUP_STARTS, DIMENSION = _layout(_SIZES)
SLOTS = len(_SIZES)


def features(rows: Sequence[Row], now: Sequence[int], volumes: Floats) -> Moments:
    """Each row at its moment (microseconds since 1970).

    `volumes` is the number of learned applications by hashed employer, shape (EMPLOYERS,).
    A row of later facts is not told from one of its moment: the caller rebuilds the row.
    """
    raw = numbers(rows, now)
    age, silence, stage_age = np.log1p(np.maximum(raw[:, :3], 0.0)).T
    status, last, before, source, employer, hour, weekday = raw[:, 3:10].astype(np.int64).T
    score = np.nan_to_num((raw[:, 10] - 50.0) / 25.0)
    counts = raw[:, 11:]
    rounds = np.minimum(counts[:, 1], _ROUNDS - 1).astype(np.int64)
    score_bin = np.where(np.isnan(raw[:, 10]), _SCORE_BINS, np.nan_to_num(raw[:, 10]) // 10)
    volume = volumes[employer]
    gate = volume / (volume + _GATE)
    zero = np.zeros(len(rows), np.int64)
    one = np.ones(len(rows))
    fine = np.full(len(rows), _SPAN_VALUE)
    spans = np.searchsorted(_SPANS, np.maximum(raw[:, :3], 0.0), side="right") - 1
    age_span, silence_span, stage_span = spans.T
    pairs = (
        (zero, one),
        (status, one),
        (status * _ROUNDS + rounds, one),
        (status, stage_age / 3.0),
        (status * _BUCKETS + _bucket(stage_age), one),
        (stage_span, fine),
        (zero, silence / 3.0),
        (_bucket(silence) * ACTS + last, one),
        (_bucket(silence) * STATUS_COUNT + status, one),
        (status, silence / 3.0),
        (silence_span, fine),
        (zero, age / 3.0),
        (_bucket(age) * ACTS + last, one),
        (age_span, fine),
        (before * ACTS + last, one),
        *((zero, np.log1p(count) / 2.0) for count in counts.T),
        *((zero, (count > 0).astype(np.float64)) for count in counts.T[:6]),
        (zero, score),
        (score_bin.astype(np.int64), one),
        (status, score),
        (employer, gate),
        (employer * STATUS_COUNT + status, gate),
        (employer, gate * silence / 3.0),
        (source, one),
        (hour, one),
        (weekday, one),
    )
    index = np.stack([position for position, _ in pairs]) + STARTS[:, np.newaxis]
    return Moments(index, np.stack([value for _, value in pairs]), status, employer, raw)


def employer_of(company: str | None) -> int:
    """The employer's hash; spelling in upper or lower case is the same employer."""
    return crc32((company or "").casefold().encode()) % EMPLOYERS


def _bucket(log_days: Floats) -> Integers:
    scaled = log_days * ((_BUCKETS - 1) / _LOG_MAX)
    return np.minimum(scaled, _BUCKETS - 1).astype(np.int64)


def status_of(status: str | None) -> int:
    """0 for none, else its rank + 1."""
    return 0 if status is None else RANK[status] + 1


_COLUMNS = 19
CATEGORICAL = (3, 4, 5, 6, 7)
"""Columns of `numbers` whose order means nothing: status, acts, source, employer."""


def numbers(rows: Sequence[Row], now: Sequence[int]) -> Floats:
    """What is looked at before it is cut into slots: shape (rows, 19)."""
    found = [_numbers(row, at) for row, at in zip(rows, now, strict=True)]
    return np.array(found, np.float64).reshape(len(rows), _COLUMNS)


def _numbers(row: Row, now: int) -> tuple[float, ...]:
    """The row's numbers at `now`, `_COLUMNS` of them; durations in days."""
    began = row.applied_at if row.applied_at is not None else row.last_fact_at
    if began is None:
        began = now
    answered = row.last_employer_activity_at
    status_at = row.status_at
    return (
        (now - began) / US_PER_DAY,
        (now - (began if answered is None else answered)) / US_PER_DAY,
        (now - (began if status_at is None else status_at)) / US_PER_DAY,
        status_of(row.status),
        row.last_act,
        row.act_before,
        0 if row.source is None else _SOURCES[row.source],
        employer_of(row.company),
        now // US_PER_HOUR % 24,
        now // US_PER_DAY % 7,
        np.nan if row.match_score is None else row.match_score,
        row.views,
        row.interviews_scheduled,
        row.offers_received,
        row.notes,
        row.reminders,
        row.updates,
        len(row.status_changes),
        row.version,
    )
