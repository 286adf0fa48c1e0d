"""What was learned with features of another version: never predicted from, and learned anew."""

from itertools import count
from zlib import compress, crc32

import numpy as np
import pytest
from psycopg import OperationalError

from flows import anew, pupil
from models import success
from models.analytics import Row
from models.features import DIMENSION, EMPLOYERS, FEATURES_VERSION, features
from models.instant import US_PER_DAY, US_PER_HOUR, parse
from models.settings import Settings
from storage.postgres import learned as states
from storage.postgres import status, versions
from storage.postgres.connect import Connection, connect
from tests.flows.driving import drain
from tests.learning.studying import learned, live_through, study, world
from tests.learning.test_first_version import asked

NOW = parse("2026-06-01T12:34:56Z")
_LAYOUT = 225633671


def test_another_layout_is_another_version() -> None:
    """Whoever changes what a position means raises FEATURES_VERSION, then this number."""
    rows = [
        Row(
            user_id="u",
            company="Crumb & Sons",
            source="referral",
            applied_at=NOW - days * US_PER_DAY,
            status="shortlisted",
            status_at=NOW - hours * US_PER_HOUR,
            last_employer_activity_at=NOW - hours * US_PER_HOUR // 60,
            match_score=73.5,
            interviews_scheduled=2,
            status_changes=[],
            flags=[],
            version=9,
            last_act=2,
            act_before=1,
        )
        for days, hours in ((0, 0), (1, 1), (3, 20), (40, 700))
    ]
    found = features(rows, [NOW] * len(rows), np.full(EMPLOYERS, 7.0))
    values = np.round(found.values * 1e6).astype(np.int64)
    layout = crc32(found.positions.tobytes() + values.tobytes() + DIMENSION.to_bytes(8))
    assert (FEATURES_VERSION, layout) == (5, _LAYOUT)


def test_weights_of_other_features_are_not_read() -> None:
    first_release = compress(np.zeros(3 + DIMENSION).tobytes())
    assert success.unpack(first_release) is None


def test_all_outcomes_are_learned_anew_when_features_change(
    database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = world(250)
    live_through(database, settings, lines, size=2_000)
    study(database)
    as_it_was = learned(database)
    with connect(database, autocommit=True) as connection:
        old = versions.in_use(connection)
        assert old is not None
        assert versions.pin(connection, old)
        connection.execute("DELETE FROM rescores")
    for module in (success, states):
        monkeypatch.setattr(module, "FEATURES_VERSION", FEATURES_VERSION + 1)
    with connect(database, autocommit=True) as connection:
        assert versions.version(connection, old) is None, "nothing is predicted from it"
    study(database)
    as_it_is = learned(database)
    assert as_it_is["outcomes"] == as_it_was["outcomes"]
    assert as_it_is["standings"] == as_it_was["standings"]
    assert as_it_is["cells"] == as_it_was["cells"], "the same features, so the same weights"
    assert as_it_is["stays"] == as_it_was["stays"], "and the log says the same"
    assert len(as_it_is["transitions"]) == len(as_it_was["transitions"]) == 1
    with connect(database, autocommit=True) as connection:
        new = versions.in_use(connection)
        assert new == len(as_it_is["outcomes"]) + 1, "it takes a place of its own"
        assert versions.version(connection, new) is not None
        assert not versions.pin(connection, old)
        open_ = connection.execute(
            "SELECT application_id FROM outcome_standings"
            " WHERE status IS NULL OR status NOT IN ('hired', 'rejected', 'withdrawn')"
        ).fetchall()
        assert asked(database) == {name for (name,) in open_}
    drain(database, settings)
    assert asked(database) == set()
    study(database)
    assert learned(database) == as_it_is, "once"


def test_cut_off_while_it_learns_anew_it_begins_again(
    database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_through(database, settings, world(150), size=2_000)
    study(database)
    as_it_was = learned(database)
    monkeypatch.setattr(anew, "_STORIES", 20)
    monkeypatch.setattr(anew, "_PAGE_LINES", 300)
    shown: list[str | None] = []
    numbers, tell = count(1), status.tell

    def watch(connection: Connection, doing: str) -> None:
        tell(connection, doing)
        with connect(database) as other:
            shown.append(status.read_status(other).learning_anew)
            if next(numbers) in (3, 12):
                other.execute("SELECT pg_terminate_backend($1)", (connection.info.backend_pid,))

    monkeypatch.setattr(pupil.status, "tell", watch)
    with monkeypatch.context() as upgrade:
        for module in (success, states):
            upgrade.setattr(module, "FEATURES_VERSION", FEATURES_VERSION + 1)
        for _ in range(2):
            with pytest.raises(OperationalError):
                study(database)
    with connect(database) as connection:
        assert states.read(connection).anew, "the release of before has nothing to predict from"
    study(database)
    as_it_is = learned(database)
    for table in ("outcomes", "standings", "cells", "stays"):
        assert as_it_is[table] == as_it_was[table], table
    all_outcomes = f"{len(as_it_is['outcomes'])} of {len(as_it_is['outcomes'])} outcomes"
    assert shown[0] == f"0 {all_outcomes.partition(' ')[2]}"
    assert all_outcomes in shown
    assert any("lines" in one for one in shown if one is not None)
    assert shown[-1] is None
