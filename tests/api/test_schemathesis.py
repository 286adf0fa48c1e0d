"""What the OpenAPI document promises, tried with generated requests: no 5xx, and it is true."""

from collections.abc import Callable, Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks

from models.settings import Settings
from tests.api.live import listening
from tests.ingest.flowing import flow
from tests.security.matrix import MATRIX, Kind
from tests.security.test_matrix import USERS
from tests.warehouse.stories import application

EXAMPLES_PER_OPERATION = 25
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
NOT_TRIED = {
    "POST /api/me/revoke",
    *(name for name in MATRIX if name.endswith(".{extension}") and "funnel" not in name),
}
"""Ends the session that the others use; a metric's second route is its first with a suffix."""
HARD_TO_GUESS = {
    "POST /api/events",
    "GET /api/events/runs/{run}",
    "GET /api/dead-letters/{letter_id}",
}
"""Events that are valid, and ids of what is there by chance only."""
load_all_checks()
CHECKS_RUN = CHECKS.get_by_names(list(CHECKED))


@pytest.fixture
def url(settings: Settings, database: str, make_warehouse: Callable[..., None]) -> Iterator[str]:
    """The API, and the flow that takes what it writes, so that readiness is true as well."""
    many = 1_000_000
    limits = {
        name: many
        for name in Settings.model_fields
        if name.startswith("rate_limit") and name.endswith("requests")
    }
    make_warehouse(settings, application("app-1"))
    served = settings.model_copy(update=limits | {"demo": True})
    with listening(served) as opened, flow(database, settings):
        yield opened


@pytest.fixture
def present(url: str, bearer: Callable[..., dict[str, str]]) -> Callable[[], dict[str, str]]:
    """Path parameters that exist: a fresh application of ada's with a note."""

    def make() -> dict[str, str]:
        with httpx.Client(base_url=url, headers=bearer("ada")) as client:
            made = client.post("/api/applications", json=MATRIX["POST /api/applications"].body)
            application_id = made.json()["id"]
            notes = f"/api/applications/{application_id}/notes"
            note = client.post(notes, json={"content": "Call back"})
            return {"application_id": application_id, "note_id": note.json()["id"]}

    return make


def test_the_document_is_true(url: str, present, bearer) -> None:
    config = schemathesis.Config()
    config.projects.default.generation.allow_extra_parameters = False
    config.projects.default.generation.with_security_parameters = False
    refusal = config.projects.default.checks.negative_data_rejection
    # If-Match comes first, and so does the size of a body.
    refusal.expected_statuses = [*refusal.expected_statuses, "412", "413"]
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)
    tried, answered = set(), set()
    for result in schema.get_all_operations():
        operation = result.ok()
        name = f"{operation.method.upper()} {operation.path}"
        kind = MATRIX[name].kind
        if operation.path.endswith("/stream") or name in NOT_TRIED:
            continue  # a stream is endless
        tried.add(name)
        caller = next(caller for caller in reversed(kind.value) if caller in USERS)
        headers = bearer(*USERS["owner" if kind is Kind.READ else caller])
        if _try(operation, url, headers, present()):
            answered.add(name)
    assert len(tried) == len(MATRIX) - 3 - len(NOT_TRIED)
    assert tried - answered <= HARD_TO_GUESS


def _try(operation, url: str, headers: dict[str, str], known: dict[str, str]) -> bool:
    """Whether any request was answered with success."""
    succeeded = False
    strategies = [
        operation.as_strategy(generation_mode=mode)
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    ]

    @hypothesis_settings(
        max_examples=EXAMPLES_PER_OPERATION,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(strategies), real=st.booleans())
    def one(case, real: bool) -> None:
        if real:
            for name in set(case.path_parameters or {}) & set(known):
                case.path_parameters[name] = known[name]
        answer = case.call_and_validate(base_url=url, headers=headers, checks=CHECKS_RUN)
        nonlocal succeeded
        succeeded = succeeded or answer.status_code < 300

    one()
    return succeeded
