"""One envelope for every error, with the trace id of the header and the log."""

import logging

import pytest

from api.errors import respond
from models.errors import InvalidRequest, JobfindersError

PROBLEM = {"Accept": "application/problem+json"}


async def test_the_envelope(client, bearer):
    answer = await client.get("/api/nothing", headers=bearer())
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "success": False,
        "error": {
            "code": "NOT_FOUND",
            "message": "there is nothing here",
            "traceId": answer.headers["x-trace-id"],
        },
    }


async def test_the_same_as_a_problem(client, bearer):
    answer = await client.get("/api/nothing", headers=bearer() | PROBLEM)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:jobfinders:error:NOT_FOUND",
        "title": "Not Found",
        "status": 404,
        "detail": "there is nothing here",
        "code": "NOT_FOUND",
        "traceId": answer.headers["x-trace-id"],
    }


async def test_a_problem_before_the_routes_too(client):
    answer = await client.get("/api/me", headers=PROBLEM)
    assert answer.status_code == 401
    assert answer.json()["code"] == "UNAUTHENTICATED"


async def test_a_method_that_a_route_lacks(client, bearer):
    answer = await client.delete("/api/me", headers=bearer())
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/applications", "GET, HEAD, POST"),
        ("/api/applications/any", "DELETE, GET, HEAD, PATCH"),
        ("/api/stream", "GET"),
        ("/healthz", "GET, HEAD"),
    ],
)
async def test_a_405_names_every_method_of_the_path(client, bearer, path, methods):
    answer = await client.put(path, headers=bearer())
    assert answer.status_code == 405
    assert answer.headers["allow"] == methods


async def test_a_405_of_the_document_names_its_methods(client):
    answer = await client.post("/openapi.json")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


async def test_validation_names_fields_and_never_repeats_values(client, bearer):
    body = {"metric": "feed_latency", "latency": "secret-value", "messageCount": 1, "extra": 1}
    answer = await client.post("/api/performance", headers=bearer(), json=body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    fields = {fault["field"].rsplit(".", 1)[-1] for fault in error["details"]["fields"]}
    assert fields == {"latency", "extra"}
    assert "secret-value" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "content", "headers", "field"),
    [
        ("GET", "?limit=0", b"", {}, "query.limit"),
        ("GET", "?cursor=forged", b"", {}, "query.cursor"),
        ("POST", "", b"{", {}, "body"),
        ("POST", "", b"{}", {"Idempotency-Key": "ü"}, "header.idempotency-key"),
        ("POST", "", b"{}", {"Idempotency-Key": "x" * 129}, "header.idempotency-key"),
    ],
)
async def test_whatever_is_invalid_is_named_alike(
    client, bearer, method, path, content, headers, field
):
    headers |= bearer() | {"Content-Type": "application/json"}
    answer = await client.request(
        method,
        f"/api/applications{path}",
        headers={name: value.encode() for name, value in headers.items()},
        content=content,
    )
    assert answer.status_code == 422
    faults = answer.json()["error"]["details"]["fields"]
    assert field in [fault["field"] for fault in faults]
    assert all(set(fault) == {"field", "message", "type"} for fault in faults)


async def test_an_unexpected_error_is_told_without_a_trace(app, client):
    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError("secret detail")

    answer = await client.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "INTERNAL"
    assert answer.json()["error"]["traceId"] == answer.headers["x-trace-id"]
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


async def test_a_trace_of_the_caller_is_followed_into_the_log(client, caplog):
    caplog.set_level(logging.INFO, "api.access")
    known = "4bf92f3577b34da6a3ce929d0e0e4736"
    header = {"traceparent": f"00-{known}-00f067aa0ba902b7-01"}
    answer = await client.get("/?secret=token", headers=header)
    assert answer.headers["x-trace-id"] == known
    [line] = [record.getMessage() for record in caplog.records if record.name == "api.access"]
    assert line.startswith("GET / 200")


@pytest.mark.parametrize("made_up", ["nonsense", f"00-{'0' * 32}-00f067aa0ba902b7-01", "00-A-B-01"])
async def test_a_made_up_trace_is_not(client, made_up):
    answer = await client.get("/healthz", headers={"traceparent": made_up})
    assert made_up not in answer.headers["x-trace-id"]
    assert len(answer.headers["x-trace-id"]) == 32


async def test_security_headers_stand_on_every_answer(client, bearer):
    for answer in (
        await client.get("/api/me"),
        await client.get("/api/me", headers=bearer()),
        await client.get("/nothing"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-frame-options"] == "DENY"


def test_every_error_of_the_tree_has_an_answer():
    def all_of(kind: type[JobfindersError]) -> list[type[JobfindersError]]:
        return [kind, *(leaf for below in kind.__subclasses__() for leaf in all_of(below))]

    codes = [kind.code for kind in all_of(JobfindersError)]
    assert len(codes) == len(set(codes))


def test_details_are_shown_as_they_are():
    from starlette.datastructures import Headers

    error = InvalidRequest("no", details={"field": "limit"})
    answer = respond(error, Headers({}), "0" * 32)
    assert b'"details":{"field":"limit"}' in bytes(answer.body)
