"""Applications over HTTP, on a real database."""

import asyncpg
import httpx
import pytest

from models.settings import Settings
from tests.api.applications import NEW, PATH, Bearer, enter
from tests.flows.driving import drain


@pytest.fixture
async def ada(client: httpx.AsyncClient, bearer: Bearer) -> httpx.AsyncClient:
    """A client that speaks for ada."""
    client.headers.update(bearer("ada"))
    return client


async def test_a_new_application_is_there_at_once(ada: httpx.AsyncClient) -> None:
    answer = await ada.post(PATH, json={**NEW, "source": "referral", "coverLetter": "Dear ..."})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{PATH}/{made['id']}"
    assert answer.headers["etag"] == '"1"'
    read = await ada.get(answer.headers["location"])
    assert read.status_code == 200
    assert read.headers["etag"] == '"1"'
    body = read.json()
    assert body["status"] == "applied"
    assert body["userId"] == "ada"
    assert body["coverLetter"] == "Dear ..."
    assert body["source"] == "referral"
    assert body["withdrawn"] is False
    assert body["allowedTransitions"] == [
        "viewed",
        "shortlisted",
        "interview_scheduled",
        "offer_received",
        "rejected",
        "withdrawn",
    ]
    assert body["analytics"]["version"] == 0
    assert body["analytics"]["hoursInStage"] >= 0
    assert body["analytics"]["likelyGhosted"] is None
    assert body["analytics"]["successProbability"] is None
    assert body["analytics"]["lagMs"] > 0


async def test_the_fold_agrees_with_every_answer_and_leaves_the_etag(
    ada: httpx.AsyncClient, settings: Settings, database: str
) -> None:
    made = await enter(ada, referralCode="r1", resumeId="cv1", location="Malmö")
    path = f"{PATH}/{made['id']}"
    await ada.patch(path, json={"jobTitle": "Lead", "coverLetter": "x"})
    await ada.post(f"{path}/interviews", json={"scheduledAt": "2026-12-01T09:00:00+01:00"})
    await ada.post(f"{path}/offers", json={"amount": 5, "currency": "SEK"})
    before = (await ada.post(f"{path}/withdraw", json={"reason": "moved"})).json()
    drain(database, settings)
    after = (await ada.get(path)).json()
    assert after.pop("analytics")["version"] == 7
    before.pop("analytics")
    assert after == before
    assert after["revision"] == 5
    assert after["status"] == "withdrawn"
    assert after["withdrawReason"] == "moved"


async def test_unknown_and_assigned_fields_are_refused(ada: httpx.AsyncClient) -> None:
    made = await enter(ada)
    forbidden = ["userId", "matchScore", "analytics", "role", "withdrawn", "status", "id", "x"]
    for name in forbidden:
        created = await ada.post(PATH, json={**NEW, name: 1})
        changed = await ada.patch(f"{PATH}/{made['id']}", json={name: 1})
        assert (created.status_code, changed.status_code) == (422, 422), name
        assert created.json()["error"]["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"jobTitle": None},
        {"jobTitle": ""},
        {"jobTitle": "x" * 1_001},
        {"jobTitle": 5},
        {"source": "friend"},
        {"coverLetter": "x" * 50_001},
        {"jobId": "other"},
        [],
        None,
        "text",
    ],
)
async def test_a_change_that_is_none_is_refused(ada: httpx.AsyncClient, body: object) -> None:
    made = await enter(ada)
    answer = await ada.patch(f"{PATH}/{made['id']}", json=body)
    assert answer.status_code == 422, answer.text


async def test_a_change_needs_the_revision_it_names(ada: httpx.AsyncClient) -> None:
    made = await enter(ada)
    path = f"{PATH}/{made['id']}"
    first = await ada.patch(path, json={"company": "B"}, headers={"If-Match": '"1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    stale = {"If-Match": '"1"'}
    for late in (
        await ada.patch(path, json={"company": "C"}, headers=stale),
        await ada.put(f"{path}/status", json={"status": "viewed"}, headers=stale),
        await ada.post(f"{path}/withdraw", headers=stale),
        await ada.delete(path, headers=stale),
        await ada.post(f"{path}/offers", json={}, headers=stale),
    ):
        assert late.status_code == 412, late.text
        assert late.json()["error"]["code"] == "PRECONDITION_FAILED"
    assert (await ada.get(path)).json()["company"] == "B"


async def test_the_cover_letter_is_in_no_event(ada: httpx.AsyncClient, database: str) -> None:
    made = await enter(ada, coverLetter="secret words")
    path = f"{PATH}/{made['id']}"
    await ada.patch(path, json={"coverLetter": "secret words again"})
    removed = await ada.patch(path, json={"coverLetter": None})
    assert removed.json()["coverLetter"] is None
    connection = await asyncpg.connect(database)
    payloads = [row["payload"] for row in await connection.fetch("SELECT payload FROM outbox")]
    await connection.close()
    assert len(payloads) == 3
    assert not any(b"secret" in payload for payload in payloads)


async def test_a_transition_outside_the_table_is_refused(ada: httpx.AsyncClient) -> None:
    made = await enter(ada)
    path = f"{PATH}/{made['id']}/status"
    refused = await ada.put(path, json={"status": "hired"})
    assert refused.status_code == 409
    error = refused.json()["error"]
    assert error["code"] == "INVALID_TRANSITION"
    assert "rejected" in error["details"]["allowed"]
    assert (await ada.post(path, json={"status": "rejected"})).status_code == 200
    reopened = await ada.put(path, json={"status": "shortlisted", "reason": "they called"})
    assert reopened.json()["status"] == "shortlisted"
    assert (await ada.put(path, json={"status": "shortlisted"})).status_code == 409
    assert (await ada.put(path, json={"status": "nonsense"})).status_code == 422


async def test_delete_withdraws_once(ada: httpx.AsyncClient, database: str) -> None:
    made = await enter(ada)
    path = f"{PATH}/{made['id']}"
    first, second = await ada.delete(path), await ada.delete(path)
    assert (first.status_code, second.status_code) == (204, 204)
    assert first.headers["etag"] == second.headers["etag"] == '"2"'
    assert (await ada.get(path)).json()["withdrawn"] is True
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("SELECT count(*) FROM outbox") == 2
    await connection.close()
    assert (await ada.post(f"{path}/withdraw")).status_code == 409


async def test_a_repeated_post_is_done_once(ada: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": '"k-1"'}
    first = await ada.post(PATH, json=NEW, headers=key)
    second = await ada.post(PATH, json=NEW, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["etag"] == second.headers["etag"]
    other = await ada.post(PATH, json={**NEW, "company": "other"}, headers=key)
    assert other.json()["error"]["code"] == "IDEMPOTENCY_MISMATCH"
    assert (await ada.get(PATH)).json()["total"] == 1


async def test_foreign_and_absent_are_one(ada: httpx.AsyncClient, bearer: Bearer) -> None:
    made = await enter(ada)
    bodies = set()
    for role, user in (("user", "eve"), ("analyst", "ana"), ("service", "ats")):
        for name in (made["id"], "app_none", "a%20b", "x" * 200):
            path = f"{PATH}/{name}"
            calls = [("GET", path), ("PATCH", path), ("DELETE", path), ("PUT", f"{path}/status")]
            calls += [("POST", f"{path}/{sub}") for sub in ("withdraw", "notes", "offers")]
            calls += [("GET", f"{path}/{sub}") for sub in ("notes", "timeline", "analytics")]
            for method, target in calls:
                answer = await ada.request(method, target, headers=bearer(user, role), json={})
                assert answer.status_code == 403, (method, target, answer.text)
                error = answer.json()["error"]
                bodies.add((error["code"], error["message"]))
    assert bodies == {("ACCESS_DENIED", "You do not have access to this application")}


async def test_an_admin_may_look_and_that_is_written_down(
    ada: httpx.AsyncClient, bearer: Bearer, database: str
) -> None:
    made = await enter(ada)
    path = f"{PATH}/{made['id']}"
    admin = bearer("root", "admin")
    assert (await ada.get(path, headers=admin)).status_code == 200
    assert (await ada.get(f"{path}/timeline", headers=admin)).status_code == 200
    assert (await ada.patch(path, json={"company": "B"}, headers=admin)).status_code == 403
    assert (await ada.get(f"{PATH}/app_none", headers=admin)).status_code == 403
    connection = await asyncpg.connect(database)
    rows = await connection.fetch("SELECT actor, role, action, resource FROM audit_log ORDER BY id")
    await connection.close()
    assert [tuple(row) for row in rows] == [
        ("root", "admin", "GET /api/applications/{application_id}", made["id"]),
        ("root", "admin", "GET /api/applications/{application_id}/timeline", made["id"]),
    ]


async def test_a_full_application_takes_no_more(
    ada: httpx.AsyncClient, settings: Settings, database: str
) -> None:
    made = await enter(ada)
    drain(database, settings)
    connection = await asyncpg.connect(database)
    await connection.execute("UPDATE application_analytics SET version = 950")
    await connection.close()
    answer = await ada.post(f"{PATH}/{made['id']}/notes", json={"content": "one more"})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "APPLICATION_TOO_LARGE"
