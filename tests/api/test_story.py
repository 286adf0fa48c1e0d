"""Interviews, offers, employer views and the timeline, read from an application's events."""

import json

import httpx
import pytest

from models.settings import Settings
from tests.api.applications import PATH, Bearer, enter
from tests.flows.driving import drain, put


@pytest.fixture
async def ada(client: httpx.AsyncClient, bearer: Bearer) -> httpx.AsyncClient:
    """A client that speaks for ada."""
    client.headers.update(bearer("ada"))
    return client


@pytest.fixture
async def path(ada: httpx.AsyncClient) -> str:
    """A new application."""
    return f"{PATH}/{(await enter(ada))['id']}"


def event(path: str, id_: str, kind: str, data: object, **attributes: object) -> bytes:
    """An event of another system about the application at `path`, far in the past."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id_,
            "source": "/ats",
            "type": f"application.{kind}",
            "subject": path.rsplit("/", 1)[1],
            "time": "2026-01-02T00:00:00Z",
            "userid": "ada",
            "data": data,
            **attributes,
        }
    ).encode()


async def test_an_interview_moves_the_application_where_that_is_allowed(
    ada: httpx.AsyncClient, path: str, settings: Settings, database: str
) -> None:
    details = {"scheduledAt": "2026-12-01T09:00:00+01:00", "durationMinutes": 45, "round": 1}
    made = await ada.post(f"{path}/interviews", json={**details, "mode": "video"})
    assert (made.status_code, made.headers["etag"]) == (201, '"2"')
    body = made.json()
    assert body["pending"] is True
    assert {name: body[name] for name in details} == details
    assert (await ada.get(path)).json()["status"] == "interview_scheduled"
    second = await ada.post(f"{path}/interviews", json={"scheduledAt": "2026-12-08T09:00:00Z"})
    assert second.status_code == 201
    for pending in (True, False):
        listed = (await ada.get(f"{path}/interviews")).json()
        assert listed["total"] == 2
        assert [one["id"] for one in listed["items"]] == [body["id"], second.json()["id"]]
        assert [one["pending"] for one in listed["items"]] == [pending, pending]
        drain(database, settings)
    counters = (await ada.get(path)).json()["analytics"]
    assert counters["interviewsScheduled"] == 2
    assert counters["flags"] == []


async def test_an_offer_on_a_withdrawn_application_moves_nothing(
    ada: httpx.AsyncClient, path: str, settings: Settings, database: str
) -> None:
    await ada.post(f"{path}/withdraw")
    made = await ada.post(f"{path}/offers", json={"amount": 50_000.5, "currency": "EUR"})
    assert made.status_code == 201
    assert made.json()["amount"] == 50_000.5
    drain(database, settings)
    read = (await ada.get(path)).json()
    assert read["status"] == "withdrawn"
    assert read["analytics"]["offersReceived"] == 1
    assert (await ada.get(f"{path}/offers")).json()["items"][0]["currency"] == "EUR"


async def test_an_interview_is_shown_as_it_was_last_put(
    ada: httpx.AsyncClient, path: str, settings: Settings, database: str
) -> None:
    first = {"interviewId": "i1", "scheduledAt": "2026-12-01T09:00:00Z"}
    second = {"interviewId": "i2", "scheduledAt": "2026-12-02T09:00:00Z"}
    right = {"interviewId": "i1", "scheduledAt": "2026-12-11T09:00:00Z"}
    put(
        database,
        [
            event(path, "e3", "interview_scheduled", right, corrects="e1"),
            event(path, "e1", "interview_scheduled", first),
            event(path, "e2", "interview_scheduled", second),
            event(path, "e4", "interview_scheduled", {}, retracts="e2"),
        ],
    )
    drain(database, settings)
    listed = (await ada.get(f"{path}/interviews")).json()["items"]
    assert [(one["id"], one["eventId"], one["scheduledAt"]) for one in listed] == [
        ("i1", "e3", "2026-12-11T09:00:00Z")
    ]


async def test_employer_views_are_read_and_not_written(
    ada: httpx.AsyncClient, path: str, settings: Settings, database: str
) -> None:
    put(database, [event(path, f"v{n}", "viewed_by_employer", {"viewerId": "hr"}) for n in (1, 2)])
    drain(database, settings)
    listed = (await ada.get(f"{path}/views")).json()
    assert [(one["eventId"], one["viewerId"]) for one in listed["items"]] == [
        ("v1", "hr"),
        ("v2", "hr"),
    ]
    assert (await ada.post(f"{path}/views", json={})).status_code == 405


async def test_the_timeline_marks_what_was_put_right_and_what_waits(
    ada: httpx.AsyncClient, path: str, settings: Settings, database: str
) -> None:
    put(
        database,
        [
            event(path, "s1", "status_changed", {"newStatus": "viewed", "extra": "x" * 5_000}),
            event(path, "s2", "status_changed", {"newStatus": "shortlisted"}, corrects="s1"),
            event(path, "s3", "match_score_updated", {"score": {"overallScore": 5}}),
            event(path, "s4", "match_score_updated", {"why": "wrong"}, retracts="s3"),
        ],
    )
    drain(database, settings)
    await ada.post(f"{path}/notes", json={"content": "x"})
    shown = (await ada.get(f"{path}/timeline")).json()
    assert [(one["type"], one["pending"]) for one in shown["items"]] == [
        ("application.status_changed", False),
        ("application.created", False),
        ("application.note_added", True),
    ]
    assert shown["items"][0]["corrects"] == "s1"
    everything = (await ada.get(f"{path}/timeline?include_replaced=true")).json()
    assert everything["total"] == 6
    told = {one["eventId"]: one for one in everything["items"]}
    assert told["s1"]["data"] == {"newStatus": "viewed"}
    assert (told["s1"]["effective"], told["s1"]["replacedBy"]) == (False, "s2")
    assert (told["s3"]["effective"], told["s3"]["replacedBy"]) == (False, "s4")
    assert (told["s4"]["effective"], told["s4"]["retracts"]) == (False, "s3")
    assert told["s4"]["data"] == {}


async def test_the_timeline_pages(ada: httpx.AsyncClient, path: str) -> None:
    for index in range(6):
        await ada.patch(path, json={"jobTitle": str(index)})
    everything = [one["eventId"] for one in (await ada.get(f"{path}/timeline")).json()["items"]]
    assert len(everything) == 7
    walked: list[str] = []
    target: str | None = f"{path}/timeline?limit=3"
    while target is not None:
        answer = await ada.get(target)
        walked += [one["eventId"] for one in answer.json()["items"]]
        target = answer.links["next"]["url"] if answer.json()["hasMore"] else None
    assert walked == everything
    offset = (await ada.get(f"{path}/timeline?limit=3&offset=5")).json()
    assert [one["eventId"] for one in offset["items"]] == everything[5:]
    assert (await ada.get(f"{path}/timeline?cursor=forged")).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"scheduledAt": "2026-12-01"},
        {"scheduledAt": "2026-12-01 09:00:00Z"},
        {"scheduledAt": None},
        {"scheduledAt": "2026-12-01T09:00:00Z", "round": 1.5},
        {"scheduledAt": "2026-12-01T09:00:00Z", "durationMinutes": 0},
        {"scheduledAt": "2026-12-01T09:00:00Z", "durationMinutes": 1e300},
        {"scheduledAt": "2026-12-01T09:00:00Z", "interviewId": "mine"},
    ],
)
async def test_a_bad_interview_is_refused(ada: httpx.AsyncClient, path: str, body: object) -> None:
    answer = await ada.post(f"{path}/interviews", json=body)
    assert answer.status_code == 422, answer.text
