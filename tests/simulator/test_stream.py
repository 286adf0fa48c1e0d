"""The simulated stream keeps the contract, and its bad lines fail for the reason meant."""

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.simulator import generate
from flows.simulator.plan import Plan
from flows.simulator.stream import arrivals
from models.batch import Message
from models.decoder import Event, Reason, decode
from models.demo import DEMO_USER
from models.intake import Intake

END = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
PLANS = st.builds(
    Plan,
    seed=st.integers(0, 2**20),
    applications=st.integers(1, 40),
    days=st.integers(1, 120),
    end=st.just(END),
    disorder=st.floats(0, 1),
    duplicates=st.floats(0, 1),
    bad=st.floats(0, 1),
)


@settings(max_examples=40)
@given(plan=PLANS)
def test_good_lines_decode_and_arrive_in_order(plan: Plan) -> None:
    made = list(arrivals(plan, until=END))
    assert all(before.at <= after.at <= END for before, after in pairwise(made))
    for arrival in made:
        if arrival.bad is None:
            decoded = decode(arrival.line(), arrival.at)
            assert isinstance(decoded, Event), decoded
            assert decoded.fact.time == arrival.event.time <= arrival.at


@settings(max_examples=20)
@given(plan=PLANS)
def test_each_bad_line_is_refused_for_the_reason_meant(plan: Plan) -> None:
    made = list(arrivals(plan, until=END))
    messages = [Message(n, None, a.at, a.line()) for n, a in enumerate(made)]
    intake = Intake()
    intake.add([(m, decode(m.payload, m.recorded_at)) for m in messages], {})
    batch = intake.finish(END)
    refused = {letter.message.offset: letter.reason for letter in batch.dead}
    assert refused == {n: arrival.bad for n, arrival in enumerate(made) if arrival.bad}
    facts = {(a.life.id, a.event.number) for a in made if a.bad is None}
    assert batch.counts.accepted == len(facts)


def test_every_reason_that_can_be_made_from_outside_is_made() -> None:
    plan = Plan(seed=3, applications=200, days=60, end=END, bad=0.2, crowded=1)
    messages = [Message(n, None, a.at, a.line()) for n, a in enumerate(arrivals(plan, until=END))]
    intake = Intake()
    intake.add([(m, decode(m.payload, m.recorded_at)) for m in messages], {})
    batch = intake.finish(END)
    reasons = Counter(letter.reason for letter in batch.dead)
    assert set(reasons) == set(Reason) - {Reason.FOLD}
    assert reasons[Reason.APPLICATION_TOO_LARGE] == 3


def test_the_invalid_lines_are_of_many_kinds() -> None:
    plan = Plan(seed=3, applications=200, days=60, end=END, bad=0.5)
    bad = (a.line() for a in arrivals(plan, until=END) if a.bad is Reason.INVALID)
    details = {
        verdict.detail.split(":")[0]
        for line in bad
        if not isinstance(verdict := decode(line, END), Event)
    }
    assert len(details) >= 5


def test_the_same_arguments_give_the_same_bytes() -> None:
    first, second = (list(generate(seed=9, applications=50, days=30, end=END)) for _ in range(2))
    assert first == second
    assert first != list(generate(seed=10, applications=50, days=30, end=END))


def test_a_world_that_is_taken_up_later_goes_on_as_it_was() -> None:
    plan = Plan(seed=9, applications=60, days=60, end=END)
    whole = [
        a.line()
        for a in arrivals(plan, until=END)
        if a.life.events[0].time > plan.start + 40 * 86_400_000_000
    ]
    later = [a.line() for a in arrivals(plan, first=40, until=END)]
    assert whole == later


def test_the_demo_user_has_a_handful_of_applications_in_various_stages() -> None:
    plan = Plan(seed=1, applications=2_000, days=90, end=END)
    messages = [Message(n, None, a.at, a.line()) for n, a in enumerate(arrivals(plan, until=END))]
    intake = Intake()
    intake.add([(m, decode(m.payload, m.recorded_at)) for m in messages], {})
    batch = intake.finish(END)
    rows = [held.row for held in batch.changed.values() if held.row.user_id == DEMO_USER]
    assert 5 <= len(rows) <= 20
    assert len({row.status for row in rows}) >= 4
