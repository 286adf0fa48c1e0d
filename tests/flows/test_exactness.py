"""Random events in random order, doubled, spread and misrouted, through the real flow: exact."""

import json
import random

import pytest

from flows.verify import verify
from models.settings import Settings
from storage.postgres.connect import connect
from tests.flows.driving import drain, put

SEEDS = range(3)
_TYPES = {
    "created": {"jobId": "j", "jobTitle": "t", "company": "c", "matchScore": -0.0},
    "updated": {"changes": {"company": "d", "matchScore": 12.5}},
    "withdrawn": {"reason": "moved"},
    "note_added": {"noteId": "n", "type": "note"},
    "interview_scheduled": {"scheduledAt": "2026-03-09T00:00:00Z"},
    "offer_received": {"offerId": "o"},
    "viewed_by_employer": {},
    "match_score_updated": {"score": {"overallScore": 70}},
}
_STATUSES = "applied viewed shortlisted interviewed offer_received hired rejected".split()


def _line(chance: random.Random, applications: int) -> bytes:
    number = chance.randrange(applications)
    kind = chance.choice([*_TYPES, "status_changed"])
    data = _TYPES.get(kind) or ({} if kind in _TYPES else {"newStatus": chance.choice(_STATUSES)})
    event = {
        "specversion": "1.0",
        "id": f"e{chance.randrange(40)}",  # often one that another event has: id_conflict
        "source": "/test",
        "type": f"application.{kind}",
        "subject": f"app:{number}",
        "time": f"2026-03-0{chance.randint(1, 7)}T00:00:00Z",
        "userid": f"user{number}" if chance.random() < 0.98 else "another",
        "data": data,
    }
    for link in ("corrects", "retracts"):
        if chance.random() < 0.1:
            event[link] = f"e{chance.randrange(40)}"
    line = json.dumps(event).encode()
    return line if chance.random() < 0.98 else line[: chance.randrange(1, len(line))]


@pytest.mark.parametrize("partitions", [3])
@pytest.mark.parametrize("batch_events", [7, 500])
@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_comes_in_the_rows_are_exact(
    database: str, settings: Settings, seed: int, batch_events: int
) -> None:
    """Batches smaller than a live one and larger; a cache that holds few applications; every
    third application's events in a partition drawn anew each time, so that the guard is met."""
    chance = random.Random(seed)
    # Below the setting's own minimum, so that states are evicted and loaded again.
    tight = settings.model_copy(update={"batch_events": batch_events, "cache_applications": 5})
    for _ in range(3):
        lines = [_line(chance, applications=30) for _ in range(250)]
        lines += chance.sample(lines, 75)
        chance.shuffle(lines)
        put(database, lines)
        with connect(database) as connection:
            connection.execute("SELECT setseed($1)", (seed / len(SEEDS),))
            connection.execute(
                "UPDATE outbox SET partition = floor(random() * 3)"
                " WHERE hashtext(application_id) % 3 = 0"
            )
        drain(database, tight)
    report = verify(database)
    assert report.clean, f"seed {seed}: {report}"
    assert report.facts > 0
    assert report.waiting == 0
