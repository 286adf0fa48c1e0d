"""Drives the real learning flow in the test's own process, to the end of the log."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count

from flows.pupil import Pupil
from flows.simulator import generate
from models.instant import US_PER_DAY, parse, to_rfc3339
from models.settings import Settings
from storage.postgres import learned as states
from storage.postgres.connect import connect
from tests.flows.driving import drain, put

BEGIN = parse("2026-01-01T00:00:00Z")
END = parse("2026-06-30T00:00:00Z")


def world(applications: int, seed: int = 7) -> list[bytes]:
    """Lines of a simulated history of 120 days."""
    return list(generate(seed=seed, applications=applications, days=120, end=END))


def live_through(url: str, settings: Settings, lines: Sequence[bytes], size: int = 500) -> None:
    """Put the lines in piece by piece, each folded as it comes."""
    for start in range(0, len(lines), size):
        put(url, lines[start : start + size])
        drain(url, settings)


def study(url: str, now: Callable[[], float] = lambda: 0.0) -> int:
    """Learn all that the log holds; returns the pages that it took."""
    learner = Pupil(url, now)
    pages = 0
    try:
        while page := learner.read():
            learner.learn(page)
            pages += 1
    finally:
        learner.close()
    return pages


def minutes() -> Callable[[], float]:
    """A clock by which a version is due whenever there are labels for one."""
    return partial(next, count(0.0, 60.0))


def learned(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All that the learning flow has written, but for when versions were published."""
    with connect(url) as connection:
        found = {
            table: connection.execute(statement).fetchall() for table, statement in _TABLES.items()
        }
        learner = states.read(connection).learner
    kept = (*learner.losses.tolist(), *learner.mixed.tolist())
    found["kept"] = [(*kept, learner.stays.total, learner.stays.fitted, learner.share)]
    return found


_TABLES = {
    "outcomes": "SELECT * FROM outcomes ORDER BY position",
    "standings": "SELECT * FROM outcome_standings ORDER BY application_id",
    "state": "SELECT clock FROM learning_state",
    "cells": "SELECT * FROM learning_cells ORDER BY page",
    "stays": "SELECT * FROM learning_stays ORDER BY employer",
    "transitions": "SELECT * FROM learning_transitions",
}


def live_and_study(url: str, settings: Settings, lines: Sequence[bytes], size: int = 500) -> None:
    """Both flows in turn, as they run side by side."""
    for start in range(0, len(lines), size):
        live_through(url, settings, lines[start : start + size], size)
        study(url)


def event(application_id: str, type_: str, day: float, **data: object) -> bytes:
    """An event of an application, so many days after the year's begin."""
    known = {
        "created": {"jobId": "j", "jobTitle": "Baker", "company": "Crumb & Sons"},
        "status_changed": {"newStatus": "shortlisted"},
        "note_added": {"noteId": f"note-{day}", "type": "NOTE"},
        "withdrawn": {},
    }
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"{application_id}-{type_}-{day}",
            "source": "/test",
            "type": f"application.{type_}",
            "subject": application_id,
            "time": to_rfc3339(BEGIN + int(day * US_PER_DAY)),
            "userid": "u",
            "data": known[type_] | data,
        }
    ).encode()


def told(url: str, application_id: str, status: str) -> bytes:
    """A change of status behind all that the application's log says."""
    with connect(url) as connection:
        user_id, at = connection.execute(
            "SELECT user_id, max(time) + interval '1 second' FROM event_log"
            " WHERE application_id = $1 AND type <> 'application.analytics_updated'"
            " GROUP BY user_id",
            (application_id,),
        ).fetchall()[0]
    event = {
        "specversion": "1.0",
        "id": f"{application_id}-{status}-after-all",
        "source": "/test",
        "type": "application.status_changed",
        "subject": application_id,
        "time": at.isoformat(),
        "userid": user_id,
        "data": {"newStatus": status},
    }
    return json.dumps(event).encode()


def scores(url: str) -> dict[tuple[object, ...], tuple[float, ...]]:
    """How well served predictions came true, by key; sums of floats depend on their order in
    the last bits, and so on where pages end."""
    with connect(url) as connection:
        rows = connection.execute(
            "SELECT day, predictor, provisional, bin, predictions, hired, p, log_loss, brier"
            " FROM prediction_scores"
        ).fetchall()
    return {row[:4]: row[4:] for row in rows}


_LEARNED = (
    "outcomes",
    "outcome_standings",
    "learning_state",
    "learning_cells",
    "learning_stays",
    "learning_transitions",
    "model_versions",
    "model_pin",
    "prediction_scores",
    "rescores",
)


def forget(url: str) -> None:
    """As if nothing had been learned; the log stays."""
    with connect(url, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {', '.join(_LEARNED)}")
        connection.execute("DELETE FROM flow_positions WHERE flow = 'learning'")


def keep(url: str) -> None:
    """Lay aside all that has been learned, for `go_back`."""
    with connect(url) as connection:
        for table in _LEARNED:
            connection.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
        connection.execute(
            "CREATE TABLE kept_positions AS SELECT * FROM flow_positions WHERE flow = 'learning'"
        )


def go_back(url: str) -> None:
    """As if nothing had been learned since `keep`; the log stays."""
    forget(url)
    with connect(url) as connection:
        for table in _LEARNED:
            connection.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE kept_{table}")
        connection.execute("INSERT INTO flow_positions TABLE kept_positions")
