"""Dead letters over HTTP: admins only, each look written down, redrive once."""

import base64

import asyncpg
import pytest

URL = "/api/dead-letters"


@pytest.fixture
async def connection(database):
    opened = await asyncpg.connect(database)
    await opened.execute(
        """
        INSERT INTO dead_letters (source, partition, "offset", stage, reason, detail,
                                  recorded_at, payload)
        SELECT 'outbox', 0, n, 'decode', CASE WHEN n % 2 = 0 THEN 'invalid' ELSE 'unknown_type' END,
               'detail', now(), 'line'::bytea || n::text::bytea
        FROM generate_series(1, 5) AS n
        """
    )
    yield opened
    await opened.close()


@pytest.fixture
def admin(bearer):
    return bearer("root", "admin")


async def test_pages(client, admin, connection):
    first = (await client.get(f"{URL}?limit=3", headers=admin)).json()
    assert [item["id"] for item in first["items"]] == [5, 4, 3]
    assert (first["total"], first["hasMore"], first["next"]) == (5, True, 3)
    second = (await client.get(f"{URL}?limit=3&before={first['next']}", headers=admin)).json()
    assert [item["id"] for item in second["items"]] == [2, 1]
    assert (second["hasMore"], second["next"]) == (False, None)


async def test_by_reason(client, admin, connection):
    page = (await client.get(f"{URL}?reason=invalid", headers=admin)).json()
    assert [item["id"] for item in page["items"]] == [4, 2]
    assert page["total"] == 2
    assert (await client.get(f"{URL}?reason=made_up", headers=admin)).status_code == 422


async def test_one_in_full(client, admin, connection):
    await connection.execute("UPDATE dead_letters SET payload = '\\xff00' WHERE id = 2")
    text = (await client.get(f"{URL}/1", headers=admin)).json()
    assert (text["text"], base64.b64decode(text["base64"])) == ("line1", b"line1")
    raw = (await client.get(f"{URL}/2", headers=admin)).json()
    assert (raw["text"], base64.b64decode(raw["base64"])) == (None, b"\xff\0")
    assert (await client.get(f"{URL}/99", headers=admin)).status_code == 404


async def test_redrive_once(client, admin, connection):
    for redriven in (2, 0):
        answer = await client.post(f"{URL}/redrive", headers=admin, json={"ids": [1, 2, 99]})
        assert answer.json() == {"redriven": 2 if redriven else 0}
    payloads = [row["payload"] for row in await connection.fetch("SELECT * FROM outbox")]
    assert sorted(payloads) == [b"line1", b"line2"]
    assert await connection.fetchval("SELECT count(*) FROM dead_letters") == 3


@pytest.mark.parametrize("ids", [[], [0], ["x"], [2**63], [1.5], list(range(1, 1_002)), None])
async def test_ids_that_are_none(client, admin, ids):
    answer = await client.post(f"{URL}/redrive", headers=admin, json={"ids": ids})
    assert answer.status_code == 422


async def test_every_look_is_written_down(client, admin, connection):
    await client.get(URL, headers=admin)
    await client.get(f"{URL}/1", headers=admin)
    await client.post(f"{URL}/redrive", headers=admin, json={"ids": [1]})
    rows = await connection.fetch("SELECT actor, role, action, resource FROM audit_log ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("root", "admin", "dead_letters.list", "all"),
        ("root", "admin", "dead_letters.read", "1"),
        ("root", "admin", "dead_letters.redrive", "1"),
    ]
