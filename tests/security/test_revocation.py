"""A not-before time per user, honoured by every process."""

import asyncio
import time

import pytest
from pydantic import ValidationError

from models.settings import Settings
from tests.api.conftest import serving


async def test_a_user_ends_all_his_sessions(client, bearer):
    old = bearer("ada", iat=time.time() - 10)
    revoked = await client.post("/api/me/revoke", headers=old)
    assert revoked.status_code == 200
    refused = await client.get("/api/me", headers=old)
    assert refused.json()["error"]["code"] == "TOKEN_INVALID"
    assert (await client.get("/api/me", headers=bearer("bob"))).status_code == 200
    new = bearer("ada", iat=time.time())
    assert (await client.get("/api/me", headers=new)).status_code == 200


async def test_an_admin_ends_them_and_it_is_written_down(client, bearer, app):
    old = bearer("ada", iat=time.time() - 10)
    answer = await client.post("/api/users/ada/revoke", headers=bearer("root", "admin"))
    assert answer.json()["userId"] == "ada"
    assert (await client.get("/api/me", headers=old)).status_code == 401
    rows = await app.state.parts.pool.fetch("SELECT actor, action, resource FROM audit_log")
    assert [tuple(row) for row in rows] == [("root", "user.revoke", "ada")]
    bad = await client.post("/api/users/a%20b/revoke", headers=bearer("root", "admin"))
    assert bad.status_code == 422


async def test_another_process_follows(client, settings: Settings, bearer):
    often = settings.model_copy(update={"revocation_poll_s": 0.05})
    old = bearer("ada", iat=time.time() - 10)
    async with serving(often) as other:
        assert (await other.get("/api/me", headers=old)).status_code == 200
        await client.post("/api/me/revoke", headers=old)
        async with asyncio.timeout(10):
            while (await other.get("/api/me", headers=old)).status_code == 200:
                pass


def test_no_process_looks_less_often_than_every_ten_seconds():
    with pytest.raises(ValidationError):
        Settings(revocation_poll_s=11)


async def test_looking_goes_on_after_any_trouble(app, client, settings, bearer, caplog):
    often = settings.model_copy(update={"revocation_poll_s": 0.02})
    old = bearer("ada", iat=time.time() - 10)
    pool = app.state.parts.pool
    await pool.execute("ALTER TABLE revocations RENAME TO elsewhere")
    async with serving(often) as other, asyncio.timeout(10):
        while "UndefinedTableError" not in caplog.text:
            assert (await other.get("/api/me", headers=old)).status_code == 200
        await pool.execute("ALTER TABLE elsewhere RENAME TO revocations")
        await client.post("/api/me/revoke", headers=old)
        while (await other.get("/api/me", headers=old)).status_code == 200:
            pass
