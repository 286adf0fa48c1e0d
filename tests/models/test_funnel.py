"""How far applications get, counted one by one."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.application import STATUSES, Status
from models.funnel import STAGES, Standing, funnel, offers

ENDS = (Status.HIRED, Status.REJECTED, Status.WITHDRAWN)
STANDINGS = st.lists(
    st.tuples(st.sampled_from(STAGES), st.sampled_from(STATUSES)).filter(
        lambda pair: pair[1] is not Status.HIRED or pair[0] is Status.HIRED
    ),
    max_size=30,
)


def counted(pairs: list[tuple[Status, Status]]) -> list[Standing]:
    return [Standing(furthest, status, 1) for furthest, status in pairs]


@given(pairs=STANDINGS, cases_min=st.sampled_from([1, 5]))
def test_each_is_counted_where_it_got(pairs: list[tuple[Status, Status]], cases_min: int) -> None:
    hops = funnel(counted(pairs), cases_min)
    assert [hop.stage for hop in hops] == list(STAGES)
    for place, hop in enumerate(hops):
        reached = [pair for pair in pairs if STAGES.index(pair[0]) >= place]
        assert hop.reached == len(reached)
        here = [status for furthest, status in reached if furthest is hop.stage]
        assert hop.rejected == here.count(Status.REJECTED)
        assert hop.withdrawn == here.count(Status.WITHDRAWN)
        assert hop.open == sum(status not in ENDS for status in here)
        assert hop.share == (len(reached) / len(pairs) if len(pairs) >= cases_min else None)
    for hop, after in pairwise(hops):
        assert hop.reached - after.reached == hop.open + hop.rejected + hop.withdrawn
        assert after.pass_through == (
            after.reached / hop.reached if hop.reached >= cases_min else None
        )


@given(pairs=STANDINGS, cases_min=st.sampled_from([1, 5]))
def test_offers(pairs: list[tuple[Status, Status]], cases_min: int) -> None:
    found = offers(counted(pairs), cases_min)
    statuses = [status for furthest, status in pairs if furthest in STAGES[-2:]]
    assert (found.applications, found.offered) == (len(pairs), len(statuses))
    assert found.hired == statuses.count(Status.HIRED)
    decided = [status for status in statuses if status in ENDS]
    assert found.open == len(statuses) - len(decided)
    assert found.rejected + found.withdrawn + found.hired == len(decided)
    assert found.acceptance_rate == (
        found.hired / len(decided) if len(decided) >= cases_min else None
    )
    assert found.offer_rate == (len(statuses) / len(pairs) if len(pairs) >= cases_min else None)
