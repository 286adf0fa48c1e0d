"""Kills in a row, each followed by the oracle: short ones in the tests, long ones in the soak."""

import signal
import time
from pathlib import Path
from random import Random

from pydantic import SecretStr

from models.settings import Settings
from storage.postgres.embedded import Server
from tests.conftest import JWT_SECRET
from tests.faults import oracle, outage
from tests.faults.clients import Person
from tests.faults.mortal_api import MortalApi
from tests.faults.points import COMMIT
from tests.faults.traffic import Traffic
from tests.faults.victim import BACK_S, Tally, Victim

_PEOPLE = 3
_AT_RANDOM = 2
_UNKNOWN = 1 << 30


def flow(victim: Victim, points: list[str], at_random: int, random: Random) -> Tally:
    """Kill the flow at each of the points, in any order, and so many times anywhere."""
    tally = Tally()
    traffic = victim.traffic
    try:
        for point in random.sample(points, len(points)):
            torn = victim.kill_at(point, passes=random.randint(1, 2))
            oracle.check(traffic)
            tally.add(torn, victim.come_back())
            oracle.check(traffic)
        for _ in range(at_random):
            torn = victim.kill_at_random(random)
            tally.add(torn, victim.come_back())
            oracle.check(traffic)
    finally:
        victim.kill()
    return tally


def postgres(traffic: Traffic, server: Server, rounds: int, random: Random) -> Tally:
    """Kill the server, then the process of it that writes the batch, under the flow."""
    tally = Tally()
    victim = Victim(traffic)
    try:
        victim.settle()
        for _ in range(rounds):
            tally.add(*outage.kill_server(server, traffic, victim, random))
            oracle.check(traffic)
            tally.add(*outage.kill_backend(traffic, victim, random))
            oracle.check(traffic)
    finally:
        victim.kill()
    return tally


def api(traffic: Traffic, folder: Path, random: Random) -> Tally:
    """Kill the API under people who write, at each point and at random moments.

    Every answer must hold, and every request that was cut off can be made again.
    """
    settings = Settings(
        data=folder / "data", postgres_url=traffic.url, jwt_secret=SecretStr(JWT_SECRET)
    )
    served = MortalApi(settings, JWT_SECRET, rate_limit_requests=1_000_000)
    victim = Victim(traffic)
    tally = Tally()
    try:
        points = _api_points(served)
        wanted = random.sample(points, len(points)) + [""] * _AT_RANDOM
        for number, point in enumerate(wanted):
            people = [Person(served, f"user-{number}-{n}") for n in range(_PEOPLE)]
            if point:
                served.die_at(point, random.randint(1, 5))
            for person in people:
                person.start()
            if not point:
                time.sleep(random.uniform(0.1, 0.6))  # the moment is what is random here
                served.stop(signal.SIGKILL)
            torn = served.wait_for_death() if point else None
            for person in people:
                person.join(BACK_S)
            began = time.monotonic()
            served.start()
            for person in people:
                person.check()
            if torn is None:
                torn = any(person.cut_off for person in people)
            tally.add(torn, time.monotonic() - began)
            victim.settle()
            traffic.uncertain = _UNKNOWN  # that nothing is lost, the people check
            oracle.check(traffic)
            for person in people:
                person.check()  # and the fold has changed nothing of it
    finally:
        served.stop(signal.SIGKILL)
        victim.kill()
    return tally


def _api_points(served: MortalApi) -> list[str]:
    served.start()
    person = Person(served, "scout")
    person.start()
    oracle.until(lambda: len(person.answers) > 2, BACK_S, "the first answers")
    person.stop()
    person.check()
    points = served.points()
    assert set(COMMIT) <= set(points)
    return points
