"""What an outcome teaches of how long answers take, and that each application counts once."""

from models.instant import US_PER_DAY
from models.settings import Settings
from storage.postgres import learned as states
from storage.postgres.connect import connect
from storage.postgres.learned import Learned
from tests.flows.driving import drain, put
from tests.learning.studying import event, study


def learn(url: str, settings: Settings, *lines: bytes) -> Learned:
    """What is known once these are folded in one batch, and learned."""
    put(url, lines)
    drain(url, settings)
    study(url)
    with connect(url) as connection:
        return states.read(connection)


def test_an_imported_past_tells_how_long_its_answers_took(
    database: str, settings: Settings
) -> None:
    past = [
        line
        for number in range(120)
        for line in (
            event(f"past-{number}", "created", number),
            event(f"past-{number}", "status_changed", number + 30, newStatus="rejected"),
        )
    ]
    known = learn(database, settings, *past)
    assert known.judge.delays[30] == sum(known.judge.delays) == 120
    assert known.judge.patience_us == 31 * US_PER_DAY


def test_a_label_behind_a_withdrawal_counts_and_only_the_first(
    database: str, settings: Settings
) -> None:
    counted = []
    for line in (
        event("one", "created", 0),
        event("one", "withdrawn", 3),
        event("one", "status_changed", 4, newStatus="rejected"),
        event("one", "status_changed", 5, newStatus="hired"),
    ):
        learner = learn(database, settings, line).learner
        counted.append((learner.labels, learner.hired, learner.volumes.sum()))
    assert counted == [(0, 0, 0), (0, 0, 0), (1, 0, 1), (1, 1, 1)]


def test_a_reopened_application_counts_once_and_teaches_each_label_once(
    database: str, settings: Settings
) -> None:
    counted = []
    for day, status in enumerate(
        ("rejected", "shortlisted", "rejected", "shortlisted", "hired"), start=1
    ):
        lines = [event("one", "status_changed", day, newStatus=status)]
        if day == 1:
            lines.insert(0, event("one", "created", 0))
        learner = learn(database, settings, *lines).learner
        counted.append((learner.labels, learner.hired, learner.volumes.sum()))
    assert counted == [(1, 0, 1)] * 4 + [(1, 1, 1)]
    with connect(database) as connection:
        outcomes = connection.execute(
            "SELECT label, void FROM outcomes ORDER BY position"
        ).fetchall()
    assert outcomes == [(False, True), (False, True), (True, False)]


def test_silence_that_was_withdrawn_is_known_to_be_learned(
    database: str, settings: Settings
) -> None:
    learn(
        database,
        settings,
        event("one", "created", 0),
        event("other", "created", 30),
    )
    learn(database, settings, event("one", "withdrawn", 31))
    learner = learn(
        database, settings, event("one", "status_changed", 32, newStatus="hired")
    ).learner
    assert (learner.labels, learner.hired, learner.volumes.sum()) == (1, 1, 1)


def test_an_outcome_without_a_moment_to_learn_from_does_not_count(
    database: str, settings: Settings
) -> None:
    counted = []
    for line in (
        event("one", "status_changed", 2, newStatus="rejected"),
        event("one", "created", 1),
        event("one", "status_changed", 3, newStatus="shortlisted"),
        event("one", "status_changed", 4, newStatus="hired"),
    ):
        learner = learn(database, settings, line).learner
        counted.append((learner.labels, learner.hired, learner.volumes.sum()))
    assert counted == [(0, 0, 0)] * 3 + [(1, 1, 1)]
