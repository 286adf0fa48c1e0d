"""How the application is put together."""

import json
import logging
import re

import jsonschema_rs

from api.edge import TraceFilter, trace_id_of_context
from api.examples import ANSWERED, EXAMPLES
from api.routes import ROUTERS
from api.strict import StrictRoute


def test_every_route_is_strict():
    loose = [
        route for router in ROUTERS for route in router.routes if not isinstance(route, StrictRoute)
    ]
    assert loose == []


async def test_the_document_says_how_to_sign_in(client):
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    schemes = document["components"]["securitySchemes"]
    assert schemes["bearer"] == {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert schemes.keys() == {"bearer", "cookie", "ticket"}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert bool(operation.get("security")) is path.startswith("/api/"), path
            assert operation.get("summary"), path


async def test_every_body_has_an_example_that_is_one(client):
    document = (await client.get("/openapi.json")).json()
    bodies = {
        reference.rsplit("/", 1)[-1]
        for methods in document["paths"].values()
        for operation in methods.values()
        for reference in re.findall(
            r"#/components/schemas/\w+", json.dumps(operation.get("requestBody"))
        )
    }
    assert bodies == set(EXAMPLES)
    metrics = [name for name in document["components"]["schemas"] if name.startswith("Answer_")]
    assert {name.split("_")[1] for name in metrics} | {"FreshnessView"} == set(ANSWERED)
    for name, example in (EXAMPLES | ANSWERED).items():
        schema = document["components"]["schemas"][name] | {"components": document["components"]}
        jsonschema_rs.validator_for(schema).validate(example)


async def test_the_document_has_no_defaults_for_what_a_patch_leaves_out(client):
    document = (await client.get("/openapi.json")).json()
    patched = re.findall(
        r"#/components/schemas/(\w+)",
        json.dumps(
            [methods.get("patch", {}).get("requestBody") for methods in document["paths"].values()]
        ),
    )
    assert sorted(patched) == ["ApplicationChanges", "NoteChanges"]
    for name in patched:
        schema = document["components"]["schemas"][name]
        assert [field for field, said in schema["properties"].items() if "default" in said] == []
        assert schema["minProperties"] == 1


def test_log_lines_carry_the_trace_of_their_request():
    record = logging.LogRecord("api", logging.INFO, "", 0, "hello", None, None)
    token = trace_id_of_context.set("abc")
    try:
        assert TraceFilter().filter(record)
    finally:
        trace_id_of_context.reset(token)
    assert record.trace_id == "abc"


async def test_there_is_no_page_that_needs_another_host(client):
    for path in ("/docs", "/redoc"):
        assert (await client.get(path)).status_code == 404
