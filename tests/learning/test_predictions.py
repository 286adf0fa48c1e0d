"""What the analytics flow predicts, and that it is what it says it is."""

import json
from datetime import datetime

import pytest
from jsonschema_rs import Draft202012Validator

from models.event_schemas import schemas
from models.events import EventType
from models.instant import from_datetime
from models.settings import Settings
from models.success import predict
from storage.postgres import versions
from storage.postgres.connect import connect
from storage.postgres.states import load_held
from tests.learning.studying import live_through, study, world


def test_each_probability_is_that_of_its_version(database: str, settings: Settings) -> None:
    lines = world(300)
    early, late = lines[: len(lines) * 2 // 3], lines[len(lines) * 2 // 3 :]
    live_through(database, settings, early, size=3_000)
    study(database)
    live_through(database, settings, late, size=300)
    with connect(database, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT application_id, status, success_probability FROM application_analytics"
            " WHERE success_probability IS NOT NULL"
        ).fetchall()
        held = load_held(connection, [row[0] for row in rows])
        number = versions.in_use(connection)
        assert number is not None
        version = versions.version(connection, number)
        told = connection.execute(
            "SELECT payload FROM event_log WHERE type = 'application.analytics_updated'"
            " AND payload LIKE '%successProbability%'"
        ).fetchall()
    assert version is not None
    assert not version.cold
    assert len(rows) > 30
    for application_id, status, said in rows:
        assert status not in {"hired", "rejected", "withdrawn"}
        assert said["modelVersion"] == number
        assert said["labelsSeen"] == version.labels
        at = from_datetime(datetime.fromisoformat(said["computedAt"]))
        answers = predict(version, [held[application_id].row], [at])
        assert said["p"] == pytest.approx(float(answers.p[0]), abs=1e-9)
        assert said["low"] <= said["p"] <= said["high"]
        assert len(said["factors"]) == 3
    check = Draft202012Validator(schemas()[EventType.ANALYTICS_UPDATED])
    assert len(told) > len(rows)
    for (payload,) in told:
        check.validate(json.loads(payload))
