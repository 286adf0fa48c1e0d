"""API writes that cross outside events, in every order and with clocks apart."""

from itertools import permutations
from typing import Any

import asyncpg
import pytest
from msgspec import UNSET

from api.services import applications as service
from flows.analytics import decode_piece, now_us
from flows.partition import Folded, Partition
from models.application import Status
from models.entity import Entity
from models.errors import InvalidTransition
from models.events import Changes
from models.instant import US_PER_SECOND, from_datetime
from tests.flows.crossing import ADA, ENTITY_IS_NOT_THE_FOLD, new_application, outside, settle
from tests.flows.driving import put, step


class Crossing:
    """One order of a status change (begun, committed), another, an outside event, flow steps."""

    def __init__(
        self,
        url: str,
        flow: Partition,
        connections: list[asyncpg.Connection],
        application: Entity,
        skew_us: int,
    ) -> None:
        self.url = url
        self.flow = flow
        self.write, self.look = connections
        self.id = application.id
        self.skew_us = skew_us
        self.outside_at = 0
        self.answered: Entity | None = None
        self.revision = application.revision
        self._open: tuple[Any, Entity] | None = None
        self._folded: Folded | None = None

    async def run(self, order: tuple[str, ...]) -> None:
        """Each action, and after each the promise."""
        for action in order:
            await getattr(self, action)()
            await self.check()

    async def begin(self) -> None:
        """An API request in the midst of its transaction."""
        transaction = self.write.transaction()
        await transaction.start()
        entity = await service.take(self.write, ADA, self.id, None)
        self._open = (
            transaction,
            await service.change_status(self.write, entity, Status.SHORTLISTED, None),
        )

    async def commit(self) -> None:
        """It commits, and is answered 200."""
        assert self._open is not None
        transaction, self.answered = self._open
        await transaction.commit()

    async def again(self) -> None:
        """A second request; where the table forbids the transition it is refused."""
        try:
            async with self.write.transaction():
                entity = await service.take(self.write, ADA, self.id, None)
                changed = await service.update(self.write, entity, Changes(company="B"), UNSET)
                self.answered = await service.change_status(
                    self.write, changed, Status.INTERVIEW_SCHEDULED, None
                )
        except InvalidTransition:
            return

    async def event(self) -> None:
        """Another system rejects, by a clock that is ahead or behind."""
        self.outside_at = now_us() + self.skew_us
        data = {"newStatus": "rejected"}
        put(self.url, [outside(self.id, "o1", "status_changed", data, self.outside_at)])

    async def read(self) -> None:
        """The flow folds what it finds, in memory."""
        piece = self.flow.read()
        self._folded = piece and self.flow.fold(decode_piece(piece))

    async def store(self) -> None:
        """It commits that."""
        if self._folded is not None:
            self.flow.write(self._folded)

    async def step(self) -> None:
        """Both, a second time."""
        step(self.flow)

    async def check(self) -> None:
        """What was answered stands, unless an event that says it is later has come."""
        row = await self.look.fetchrow(
            "SELECT status, revision FROM applications WHERE id = $1", self.id
        )
        assert row["revision"] >= self.revision
        self.revision = row["revision"]
        if self.answered is None or self.answered.last_write_at is None:
            return
        if self.outside_at <= from_datetime(self.answered.last_write_at):
            assert row["status"] == self.answered.status
            assert row["revision"] >= self.answered.revision


def orders() -> list[tuple[str, ...]]:
    """Every order of two requests one after the other, an event, and two turns of the flow."""
    in_turn = (("begin", "commit", "again"), ("read", "store", "step"))
    actions = ("event", *in_turn[0], *in_turn[1])
    return [
        order
        for order in permutations(actions)
        if all(sorted(row, key=order.index) == list(row) for row in in_turn)
    ]


@pytest.mark.parametrize("skew_s", [-5, 0, 5])
async def test_writes_and_outside_events_cross_in_every_order(
    database: str,
    flow: Partition,
    connections: list[asyncpg.Connection],
    skew_s: int,
) -> None:
    look = connections[1]
    answers: list[Entity] = []
    for order in orders():
        application = await new_application(connections[0])
        while step(flow):
            pass
        crossing = Crossing(database, flow, connections, application, skew_s * US_PER_SECOND)
        try:
            await crossing.run(order)
        except AssertionError as error:
            raise AssertionError(f"skew {skew_s} s, order {order}: {error}") from error
        assert crossing.answered is not None
        answers.append(crossing.answered)
    await settle(flow, look)
    assert await look.fetch(ENTITY_IS_NOT_THE_FOLD) == []
    assert await look.fetchval("SELECT count(*) FROM dead_letters") == 0
    for answer in answers:
        reached = await look.fetchval(
            "SELECT status_changes @> jsonb_build_array(jsonb_build_object('to', $2::text))"
            " FROM application_analytics WHERE application_id = $1",
            answer.id,
            answer.status,
        )
        assert reached, "a write that was answered is not in the story"


async def test_a_fact_from_a_clock_ahead_does_not_undo_the_next_write(
    database: str, flow: Partition, connections: list[asyncpg.Connection]
) -> None:
    write, look = connections
    application = await new_application(write)
    ahead = now_us() + 3_600 * US_PER_SECOND
    data = {"newStatus": "viewed"}
    put(database, [outside(application.id, "o1", "status_changed", data, ahead)])
    await settle(flow, look)
    async with write.transaction():
        entity = await service.take(write, ADA, application.id, None)
        answer = await service.change_status(write, entity, Status.WITHDRAWN, "enough")
    assert answer.last_write_at is not None
    assert from_datetime(answer.last_write_at) == ahead + 1
    await settle(flow, look)
    row = await look.fetchrow("SELECT status, revision FROM applications")
    assert tuple(row) == ("withdrawn", answer.revision)
    assert await look.fetch(ENTITY_IS_NOT_THE_FOLD) == []
