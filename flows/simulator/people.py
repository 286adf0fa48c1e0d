"""Who applies where: invented employers, jobs, towns and candidates, all from the seed."""

from functools import lru_cache
from random import Random

import msgspec
from msgspec.structs import replace

from flows.simulator.hazards import MATCH_MAX, Employer, Stage, stages
from models.demo import DEMO_USER

EMPLOYERS = 60
JOBS_PER_EMPLOYER = 8
DEMO_APPLICATIONS = 14
"""Applications of the demo user among those of the history."""
_APPLICATIONS_PER_USER = 9

_FIRST = (
    "Alder Brightwater Corvane Dunmore Eastmark Fennwick Glasshaus Harrowgate Ironleaf Juniper "
    "Kestrel Lumenfeld Marrowby Northlight Oakhurst Pellworm Quillon Ravensbrook Silverpine "
    "Tidewell Umberline Velmont Westerby Yarrow Zephyrine"
).split()
_SECOND = (
    "Analytics Bank Clinics Energy Foods Freight Games Health Insurance Labs Logistics Media "
    "Mobility Networks Robotics Software Systems Textiles Travel Works"
).split()
_TOWNS = (
    "Nordhaven,Port Ellery,Sankt Velden,Brackwater,Altenried,Vieux-Marais,Castelmora,Lindholt,"
    "Oosterveen,Zielonka Nowa,Puerto Claro,Kirkmere"
).split(",")
_ROLES = (
    "Data Engineer,Backend Developer,Product Manager,UX Designer,Nurse Practitioner,"
    "Account Manager,Site Reliability Engineer,Financial Analyst,Warehouse Supervisor,"
    "Marketing Specialist,Machine Learning Engineer,Customer Success Manager,Civil Engineer,"
    "HR Business Partner,Frontend Developer,Electrician,Technical Writer,Research Scientist"
).split(",")
_LEVELS = ("", "", "Junior ", "Senior ", "Lead ")


class Job(msgspec.Struct, frozen=True):
    """A vacancy."""

    id: str
    title: str


class Population(msgspec.Struct, frozen=True):
    """Everybody who appears in a simulated world of one seed."""

    employers: list[Employer]
    jobs: list[list[Job]]
    """By employer."""
    popularity: list[float]
    """Cumulative share of applications by employer."""
    roads: list[list[list[Stage]]]
    """Stages by employer and match score."""


@lru_cache(maxsize=8)
def population(seed: int, neglect: float = 1.0, *, changed: bool = False) -> Population:
    """The employers and jobs of this seed; a few employers draw most applications.

    `neglect` multiplies every rate of ghosting. When `changed`, each employer behaves as
    another one did and offers half as much.
    """
    rng = Random(f"population {seed}")
    names = rng.sample([f"{first} {second}" for first in _FIRST for second in _SECOND], EMPLOYERS)
    employers = [
        Employer(
            name=name,
            city=rng.choice(_TOWNS),
            pace=rng.lognormvariate(0, 0.35),
            generosity=rng.lognormvariate(0, 0.45),
            neglect=rng.lognormvariate(0, 0.6),
            curiosity=rng.lognormvariate(0, 0.4),
            rounds=rng.choices((1, 2, 3), (6, 3, 1))[0],
        )
        for name in names
    ]
    jobs = [
        [
            Job(f"job_{number * JOBS_PER_EMPLOYER + n}", rng.choice(_LEVELS) + rng.choice(_ROLES))
            for n in range(JOBS_PER_EMPLOYER)
        ]
        for number in range(EMPLOYERS)
    ]
    if changed:
        manners = employers[EMPLOYERS // 2 :] + employers[: EMPLOYERS // 2]
        employers = [
            replace(other, name=one.name, city=one.city, generosity=other.generosity / 2)
            for one, other in zip(employers, manners, strict=True)
        ]
    employers = [replace(one, neglect=one.neglect * neglect) for one in employers]
    shares = [1 / (rank + 3) for rank in range(EMPLOYERS)]
    whole = sum(shares)
    popularity = [sum(shares[: rank + 1]) / whole for rank in range(EMPLOYERS)]
    roads = [[stages(employer, m) for m in range(MATCH_MAX + 1)] for employer in employers]
    return Population(employers, jobs, popularity, roads)


def user_of(number: int, applications: int, rng: Random) -> str:
    """The candidate behind the `number`-th of a history's `applications`."""
    every = max(1, applications // DEMO_APPLICATIONS)
    if number % every == every - 1:
        return DEMO_USER
    return f"user_{rng.randrange(max(1, applications // _APPLICATIONS_PER_USER))}"
