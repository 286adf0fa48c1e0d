"""What any estimator here must hold: river's own numbers, a round trip without a lost bit,
finite answers to any row, input untouched, bounded memory."""

import copy

import numpy as np
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import linear_model, optim

from models.analytics import ACTS, Row
from models.application import Source, Status
from models.features import DIMENSION, EMPLOYERS, SLOTS, features
from models.instant import US_PER_DAY, parse
from models.learner import STEP_SIZES, Learner, keep, restore
from models.stays import Place
from models.success import predict, unpack
from tests.learning.test_stays import REPORTS, heard

NOW = parse("2026-06-01T00:00:00Z")
_TIMES = st.none() | st.integers(parse("2000-01-01T00:00:00Z"), NOW + US_PER_DAY)
_COUNTS = st.integers(0, 1_000)
ROWS = st.builds(
    Row,
    user_id=st.just("u"),
    company=st.none() | st.text(max_size=20),
    source=st.none() | st.sampled_from([one.value for one in Source]),
    applied_at=_TIMES,
    status=st.none() | st.sampled_from([one.value for one in Status]),
    status_at=_TIMES,
    views=_COUNTS,
    interviews_scheduled=_COUNTS,
    offers_received=_COUNTS,
    notes=_COUNTS,
    reminders=_COUNTS,
    updates=_COUNTS,
    last_employer_activity_at=_TIMES,
    match_score=st.none() | st.floats(0, 100),
    status_changes=st.just([]),
    flags=st.just([]),
    version=_COUNTS,
    last_fact_at=_TIMES,
    last_act=st.integers(0, ACTS - 1),
    act_before=st.integers(0, ACTS - 1),
)
APPLICATIONS = st.lists(
    st.tuples(st.lists(ROWS, min_size=1, max_size=4), st.booleans()), max_size=8
)


def lesson(
    applications: list[tuple[list[Row], bool]], reports: list[tuple[int, Place, int]]
) -> Learner:
    """A learner that believes itself however little it has seen."""
    learner = Learner()
    heard(learner, reports)
    for rows, label in applications:
        learner.learn(rows, [NOW] * len(rows), label, again=False)
    learner.labels += 100
    learner.hired += 10
    return learner


@given(applications=APPLICATIONS, reports=REPORTS, asked=st.lists(ROWS, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_row_has_a_finite_answer_and_is_left_as_it_was(
    applications: list[tuple[list[Row], bool]],
    reports: list[tuple[int, Place, int]],
    asked: list[Row],
) -> None:
    before = copy.deepcopy((applications, asked))
    version = lesson(applications, reports).version(1)
    answers = predict(version, asked, [NOW] * len(asked))
    assert (applications, asked) == before
    assert np.all((answers.low <= answers.p) & (answers.p <= answers.high))
    assert np.all((answers.low >= 0) & (answers.high <= 1))
    assert np.all(np.isfinite(answers.effects))
    assert version.weights.shape == version.steps.shape == (DIMENSION,)
    assert 0.0 <= version.share <= 1.0
    for number, row in enumerate(asked):
        alone = predict(version, [row], [NOW])
        assert alone.p[0] == answers.p[number]
        assert alone.low[0] == answers.low[number]
        assert alone.factors[:, 0].tolist() == answers.factors[:, number].tolist()
        assert alone.effects[:, 0].tolist() == answers.effects[:, number].tolist()


@given(rows=st.lists(ROWS, min_size=1, max_size=5))
@settings(max_examples=60)
def test_a_moment_names_no_position_twice(rows: list[Row]) -> None:
    moments = features(rows, [NOW] * len(rows), np.full(EMPLOYERS, 7.0))
    assert moments.positions.shape == moments.values.shape == (SLOTS, len(rows))
    assert moments.positions.min() >= 0
    assert moments.positions.max() < DIMENSION
    for column in moments.positions.T:
        assert len(set(column.tolist())) == SLOTS


@given(first=APPLICATIONS, reports=REPORTS, then=APPLICATIONS)
@settings(max_examples=30, deadline=None)
def test_what_is_kept_learns_on_to_the_last_bit(
    first: list[tuple[list[Row], bool]],
    reports: list[tuple[int, Place, int]],
    then: list[tuple[list[Row], bool]],
) -> None:
    learner = lesson(first, reports)
    again = restore(*keep(copy.deepcopy(learner)))
    for rows, label in then:
        for one in (learner, again):
            one.learn(rows, [NOW] * len(rows), label, again=False)
    assert learner.optimizer.z.tobytes() == again.optimizer.z.tobytes()
    assert learner.optimizer.n.tobytes() == again.optimizer.n.tobytes()
    version = learner.version(3)
    other = unpack(again.version(3).pack())
    assert other is not None
    assert version.pack() == other.pack()


@given(applications=APPLICATIONS, asked=ROWS)
@settings(max_examples=15)
def test_it_says_what_river_says(applications: list[tuple[list[Row], bool]], asked: Row) -> None:
    """Five of river's regressions, an application a mini-batch; river brings a weight up to
    date when its feature is met, so each is met once more with a gradient of nothing."""
    rivers = [
        linear_model.LogisticRegression(
            optimizer=optim.FTRLProximal(alpha=alpha, beta=1.0, l1=0.0, l2=1.0), intercept_lr=0.0
        )
        for alpha in STEP_SIZES
    ]
    learner = Learner()
    for rows, label in applications:
        moments = features(rows, [NOW] * len(rows), learner.volumes)
        names = np.unique(moments.positions)
        table = np.zeros((len(rows), len(names)))
        where = np.searchsorted(names, moments.positions)
        table[np.arange(len(rows)), where] = moments.values
        frame = polars.DataFrame(table, schema=[str(name) for name in names])
        labels = polars.Series([label] * len(rows))
        for river in rivers:
            river.learn_many(frame, labels, w=0.0)
            river.learn_many(frame, labels, w=float(len(rows)))
            river.learn_many(frame, labels, w=0.0)
        learner.learn(rows, [NOW] * len(rows), label, again=False)
    learner.labels, learner.hired = 100, 10
    version = learner.version(1)
    moments = features([asked], [NOW], version.volumes)
    met = dict(zip(map(str, moments.positions[:, 0]), moments.values[:, 0].tolist(), strict=True))
    logits = [sum(river.weights.get(name, 0.0) * met[name] for name in met) for river in rivers]
    mixed = float(np.dot(logits, learner.shares))
    said = float(predict(version, [asked], [NOW]).p[0])
    assert said == pytest.approx(1 / (1 + np.exp(-mixed)), abs=1e-9)


def test_before_it_has_learned_it_says_the_base_rate() -> None:
    learner = Learner()
    row = Row(user_id="u", applied_at=NOW, status="applied", status_changes=[], flags=[], version=1)
    for number in range(15):
        learner.learn([row], [NOW], number % 3 == 0, again=False)
    version = learner.version(15)
    answers = predict(version, [row], [NOW])
    assert version.cold
    assert answers.p[0] == version.base_rate == pytest.approx(9 / 35)
    assert answers.low[0] < answers.p[0] < answers.high[0]
    assert len(answers.factors) == 0
