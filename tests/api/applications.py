"""What the tests of an application's resources share."""

from collections.abc import Callable
from typing import Any

import httpx

PATH = "/api/applications"
NEW = {"jobId": "job_1", "jobTitle": "Data Engineer", "company": "Blåhaj AB"}
Bearer = Callable[..., dict[str, str]]


async def enter(client: httpx.AsyncClient, **fields: object) -> dict[str, Any]:
    """A new application, as answered."""
    answer = await client.post(PATH, json={**NEW, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()
