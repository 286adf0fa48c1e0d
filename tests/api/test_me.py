async def test_me_needs_a_token(client):
    answer = await client.get("/api/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    body = answer.json()
    assert body["success"] is False
    assert body["error"]["code"] == "UNAUTHENTICATED"
    assert body["error"]["traceId"] == answer.headers["x-trace-id"]


async def test_me_shows_the_claims(client, bearer):
    answer = await client.get("/api/me", headers=bearer("ada", "analyst"))
    assert answer.status_code == 200
    assert answer.json()["userId"] == "ada"
    assert answer.json()["role"] == "analyst"


async def test_alive(client):
    assert (await client.get("/healthz")).status_code == 200
