"""Notes over HTTP: their own ETags, and a text that never leaves its table."""

import asyncpg
import httpx
import pytest

from models.settings import Settings
from tests.api.applications import PATH, Bearer, enter
from tests.flows.driving import drain


@pytest.fixture
async def ada(client: httpx.AsyncClient, bearer: Bearer) -> httpx.AsyncClient:
    """A client that speaks for ada."""
    client.headers.update(bearer("ada"))
    return client


@pytest.fixture
async def path(ada: httpx.AsyncClient) -> str:
    """The notes of a new application."""
    return f"{PATH}/{(await enter(ada))['id']}/notes"


async def test_a_note_lives_and_goes(ada: httpx.AsyncClient, path: str) -> None:
    made = await ada.post(path, json={"content": "Ask about salary", "tags": ["money"]})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    note = made.headers["location"]
    assert note == f"{path}/{made.json()['id']}"
    assert (await ada.get(note)).json() == made.json()
    assert made.json()["type"] == "NOTE"
    assert made.json()["priority"] == "MEDIUM"
    changed = await ada.patch(
        note, json={"content": "Asked", "priority": "high"}, headers={"If-Match": '"1"'}
    )
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json()["content"] == "Asked"
    assert changed.json()["priority"] == "HIGH"
    assert changed.json()["tags"] == ["money"]
    assert (
        await ada.patch(note, json={"tags": []}, headers={"If-Match": '"1"'})
    ).status_code == 412
    done = await ada.post(f"{note}/complete")
    again = await ada.post(f"{note}/complete")
    assert done.json()["completed"] is True
    assert done.headers["etag"] == again.headers["etag"] == '"3"'
    assert (await ada.delete(note, headers={"If-Match": '"2"'})).status_code == 412
    assert (await ada.delete(note)).status_code == 204
    for gone in (await ada.get(note), await ada.delete(note), await ada.post(f"{note}/complete")):
        assert gone.status_code == 404
        assert gone.json()["error"]["code"] == "NOT_FOUND"


async def test_a_reminder_needs_its_date(ada: httpx.AsyncClient, path: str) -> None:
    assert (await ada.post(path, json={"content": "x", "type": "REMINDER"})).status_code == 422
    date = "2026-12-24T09:00:00+01:00"
    made = await ada.post(path, json={"content": "x", "type": "reminder", "reminderDate": date})
    assert made.json()["type"] == "REMINDER"
    assert made.json()["reminderDate"] == "2026-12-24T08:00:00Z"
    cleared = await ada.patch(made.headers["location"], json={"reminderDate": None})
    assert cleared.status_code == 422
    assert cleared.json()["error"]["details"]["fields"][0]["field"] == "body.reminderDate"
    moved = await ada.patch(made.headers["location"], json={"reminderDate": "2027-01-01T00:00:00Z"})
    assert moved.json()["reminderDate"] == "2027-01-01T00:00:00Z"


async def test_the_text_is_in_no_event_and_the_note_is_counted(
    ada: httpx.AsyncClient, path: str, settings: Settings, database: str
) -> None:
    await ada.post(path, json={"content": "a secret", "tags": ["secret tag"]})
    await ada.post(path, json={"content": "another secret"})
    drain(database, settings)
    connection = await asyncpg.connect(database)
    log = await connection.fetch("SELECT type, payload FROM event_log")
    await connection.close()
    assert [row["type"] for row in log].count("application.note_added") == 2
    assert not any("secret" in row["payload"] for row in log)
    application = (await ada.get(path.removesuffix("/notes"))).json()
    assert application["analytics"]["notes"] == 2
    assert application["analytics"]["flags"] == []


async def test_notes_page_newest_first(ada: httpx.AsyncClient, path: str) -> None:
    made = [(await ada.post(path, json={"content": str(index)})).json()["id"] for index in range(5)]
    everything = [note["id"] for note in (await ada.get(path)).json()["items"]]
    assert everything == made[::-1]
    walked: list[str] = []
    target: str | None = f"{path}?limit=2"
    while target is not None:
        answer = await ada.get(target)
        assert answer.json()["total"] == 5
        walked += [note["id"] for note in answer.json()["items"]]
        target = answer.links["next"]["url"] if answer.json()["hasMore"] else None
    assert walked == everything
    offset = (await ada.get(f"{path}?limit=2&offset=3")).json()
    assert [note["id"] for note in offset["items"]] == everything[3:]
    assert (await ada.get(f"{path}?cursor=forged")).status_code == 422


async def test_a_note_is_of_its_application_only(
    ada: httpx.AsyncClient, path: str, bearer: Bearer
) -> None:
    note = (await ada.post(path, json={"content": "mine"})).json()
    other = await enter(ada)
    assert (await ada.get(f"{PATH}/{other['id']}/notes/{note['id']}")).status_code == 404
    eve = bearer("eve")
    assert (await ada.get(f"{path}/{note['id']}", headers=eve)).status_code == 403
    assert (await ada.delete(f"{path}/{note['id']}", headers=eve)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": ""},
        {"content": "x" * 10_001},
        {"content": None},
        {"content": "x", "completed": True},
        {"content": "x", "userId": "eve"},
        {"content": "x", "type": "TODO"},
        {"content": "x", "priority": "URGENT"},
        {"content": "x", "reminderDate": "tomorrow"},
        {"content": "x", "reminderDate": "9999-12-31T23:59:59-23:59"},
        {"content": "x", "tags": ["t"] * 21},
        {"content": "x", "tags": [""]},
        {"content": "nul \0"},
    ],
)
async def test_a_bad_note_is_refused(ada: httpx.AsyncClient, path: str, body: object) -> None:
    answer = await ada.post(path, json=body)
    assert answer.status_code == 422, answer.text
