"""One evaluation: messages through the served path, what was served against what came."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from flows.evaluate.hindsight import compare
from flows.evaluate.recorded import Recording
from flows.evaluate.replay import Arrived, Replay
from flows.evaluate.report import Counts, Report, report_on
from flows.evaluate.served import Served
from flows.evaluate.simulated import World
from models.errors import UnreadableInput
from models.instant import US_PER_DAY

STEP = 100
"""Messages between two turns of the learning flow."""
CURVE = (50, 150, 500, 1_500, 5_000, 15_000, 50_000, 100_000)
"""Sizes of worlds for a learning curve."""

Watch = Callable[[int], None]
"""Takes the number of messages done."""


def evaluate_world(world: World, *, step: int, offline: bool, watch: Watch) -> Report:
    """On a simulated world, whose outcomes and true probabilities are known for every
    application. Raises UnreadableInput where it is too small for a prediction."""
    served = Served(
        lambda asked: world.fates[asked.application_id].probability_at(asked.now),
        with_numbers=offline,
    )
    replay = Replay()
    messages = go_through(replay, world.messages(), served, step, watch)
    scored = served.scored(lambda application_id: world.fates[application_id].hired)
    plan = world.plan
    name = f"simulator, seed {plan.seed}, {plan.applications:,} applications"
    if not len(scored.p):
        raise UnreadableInput(f"{name}: too few for a prediction; take more --applications")
    return report_on(
        name,
        _counts(replay, messages),
        scored,
        changed_at=None if plan.change_day is None else plan.start + plan.change_day * US_PER_DAY,
        offline=compare(scored) if offline else None,
    )


def evaluate_recording(
    names: Sequence[str], recording: Recording, *, step: int, offline: bool, watch: Watch
) -> Report:
    """On recorded events: an application's outcome is the last that the learning flow had
    decided, provisional silence included. Raises UnreadableInput where nothing was served."""
    served = Served(with_numbers=offline)
    replay = Replay()
    messages = go_through(replay, recording.messages(), served, step, watch)
    scored = served.scored(replay.ledger.label)
    if not len(scored.p):
        raise UnreadableInput(
            f"{' '.join(names)}: {len(recording):,} valid events, {recording.refused:,} others; "
            f"{replay.learned.learner.labels:,} outcomes are too few to predict from"
        )
    return report_on(
        " ".join(names),
        _counts(replay, messages),
        scored,
        offline=compare(scored) if offline else None,
    )


def go_through(
    replay: Replay, messages: Iterable[Arrived], served: Served, step: int, watch: Watch
) -> int:
    """Replay all of them in steps of so many; returns their number."""
    endless = iter(messages)
    done = 0
    while chunk := list(islice(endless, step)):
        answered = replay.step(chunk)
        if answered is not None:
            served.add(answered)
        done += len(chunk)
        watch(done)
    return done


def _counts(replay: Replay, messages: int) -> Counts:
    return Counts(messages, len(replay.ledger.held), replay.learned.learner.labels)
