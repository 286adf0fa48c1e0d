"""The learning flow on a real log: what it decides, and that it learns from the log alone."""

from collections.abc import Callable, Iterable

import pytest

from flows import pupil
from models.learner import Learner
from models.settings import Settings
from models.stays import Wait
from storage.postgres import versions
from storage.postgres.connect import connect
from tests.flows.driving import drain
from tests.learning.studying import forget, learned, live_through, study, world


@pytest.fixture
def log(database: str, settings: Settings) -> str:
    """A database whose log holds the lives of 150 applications."""
    live_through(database, settings, world(250), size=400)
    return database


def test_what_is_learned_does_not_depend_on_where_pages_end(
    log: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    study(log)
    once = learned(log)
    assert len(once["outcomes"]) > 100
    assert len(once["cells"]) > 50
    assert len(once["stays"]) > 20
    fits: list[int] = []
    monkeypatch.setattr(Learner, "fit", counted(fits))
    forget(log)
    monkeypatch.setattr(pupil, "_PAGE_LINES", 97)
    assert study(log) > 10
    assert learned(log) == once
    assert len(fits) > 4, "there are several fits, each at its place"


def counted(fits: list[int]) -> Callable[[Learner, Iterable[Wait], int], None]:
    """Fitting as it is, that notes the clock of each fit."""
    fit = Learner.fit

    def noted(learner: Learner, waits: Iterable[Wait], clock: int) -> None:
        fits.append(clock)
        fit(learner, waits, clock)

    return noted


def test_it_goes_on_where_it_stopped(log: str, settings: Settings) -> None:
    study(log)
    once = learned(log)
    study(log)
    assert learned(log) == once
    drain(log, settings)
    with connect(log) as connection:
        outcomes = connection.execute("SELECT DISTINCT reason FROM outcomes").fetchall()
        number = versions.in_use(connection)
        assert number is not None
        version = versions.version(connection, number)
    assert {reason for (reason,) in outcomes} == {"hired", "rejected", "withdrawn", "silence"}
    assert version is not None
    assert version.number == number
    assert version.labels > 100
