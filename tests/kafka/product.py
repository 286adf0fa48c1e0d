"""Relay and flow under the product's own supervisor, beside an API that people write to."""

import json
import os
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

import httpx

from flows.supervisor import Part, stop_all
from models.settings import Settings
from tests.conftest import JWT_SECRET
from tests.faults import oracle
from tests.kafka.processes import ROOT, settled
from tests.platform.driving import run
from tests.stream.server import Api

_ANSWER_S = 2.0
_BACK_S = 90.0
_WAITING = re.compile(r"^jobfinders_outbox_messages\{.*\} (\S+)$", re.MULTILINE)


class Product:
    """A context manager; `sent` counts what was written."""

    def __init__(self, kafka: Settings) -> None:
        self.sent = 0
        self.told: list[str] = []
        self._settings = kafka
        self._url = str(kafka.postgres_url)
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "JOBFINDERS_DATA": str(kafka.data),
            "JOBFINDERS_POSTGRES_URL": self._url,
            "JOBFINDERS_KAFKA_BOOTSTRAP": str(kafka.kafka_bootstrap),
        }
        logs = kafka.data / "logs"
        self._parts = [Part("relay", ("relay",), logs), Part("flow", ("flow", "analytics"), logs)]
        self._api = Api(kafka, JWT_SECRET, rate_limit_requests=1_000_000, log_level="WARNING")
        self._client = httpx.Client(
            base_url=self._api.url(""), headers=self._api.bearer(), timeout=2 * _ANSWER_S
        )

    def __enter__(self) -> Self:
        with ExitStack() as started:
            started.callback(stop_all, self._parts)
            for part in self._parts:
                part.start(self._environment)
            self._api.start()
            started.callback(self._api.stop)
            started.enter_context(self._client)
            self._started = started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._started.close()

    def write(self, count: int = 1) -> None:
        """So many writes over HTTP, each answered at once, whatever Kafka does."""
        body = {"jobId": "job-1", "jobTitle": "Engineer", "company": "Acme"}
        for _ in range(count):
            began = time.monotonic()
            answer = self._client.post("/api/applications", json=body)
            assert answer.status_code == 201, answer.text
            assert time.monotonic() - began < _ANSWER_S
            self.sent += 1

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait, and start again what ends meanwhile."""

        def tended() -> bool:
            reports = [part.tend(self._environment) for part in self._parts]
            self.told += [report for report in reports if report is not None]
            return true()

        oracle.until(tended, _BACK_S, what)

    def settle(self) -> None:
        """Wait until all is published and folded."""
        self.until(lambda: settled(self._url, self.sent), "everything is published and folded")

    def backlog(self) -> int:
        """What waits for the relay, as status and metrics tell alike."""
        status = run(self._settings.data, "status", "--json", **self._named())
        assert status.returncode == 0, status.stderr
        told: int = json.loads(status.stdout)["waiting"]["messages"]
        measured = _WAITING.findall(self._client.get("/metrics").text)
        assert sum(map(float, measured)) == told
        return told

    def ready(self) -> tuple[str, str | None]:
        """Status and reason of /readyz."""
        answer = self._client.get("/readyz").json()
        return answer["status"], answer["reason"]

    def _named(self) -> dict[str, str]:
        return {"postgres_url": self._url, "kafka_bootstrap": str(self._settings.kafka_bootstrap)}
