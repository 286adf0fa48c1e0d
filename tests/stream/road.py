"""Events through the real flow into the log, batch by batch, from the test's own process."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count

from flows.analytics import now_us
from flows.partition import Partition
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.outbox import partition_count
from tests.flows.driving import put, step

_JOB: dict[str, object] = {"jobId": "j1", "jobTitle": "Engineer", "company": "Acme"}
_BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Road:
    """`send` puts events in; `fold` commits them as the flow does, with its NOTIFY."""

    def __init__(self, settings: Settings) -> None:
        assert settings.postgres_url is not None
        self.url = settings.postgres_url
        with connect(self.url, autocommit=True) as connection:
            partitions = partition_count(connection)
        self._partitions = [
            Partition(settings, self.url, index, now_us) for index in range(partitions)
        ]
        self._numbers = count(1)

    def close(self) -> None:
        """Give the partitions back."""
        for partition in self._partitions:
            partition.close()

    def event(
        self, kind: str, application: str, user: str, data: dict[str, object], **more: str
    ) -> str:
        """Send one event; returns its id."""
        id, line = self._line(kind, application, user, data, **more)
        put(self.url, [line])
        return id

    def burst(self, user: str, size: int) -> None:
        """Many new applications of one user at once."""
        put(
            self.url,
            [self._line("created", f"burst{size}-{n}", user, dict(_JOB))[1] for n in range(size)],
        )

    def _line(
        self, kind: str, application: str, user: str, data: dict[str, object], **more: str
    ) -> tuple[str, bytes]:
        number = next(self._numbers)
        event = {
            "specversion": "1.0",
            "id": f"e{number}",
            "source": "/tests",
            "type": f"application.{kind}",
            "subject": application,
            "time": (_BEGIN + timedelta(seconds=number)).isoformat(),
            "userid": user,
            "data": data,
            **more,
        }
        return f"e{number}", json.dumps(event).encode()

    def create(self, application: str, user: str) -> str:
        """A new application."""
        return self.event("created", application, user, dict(_JOB))

    def view(self, application: str, user: str) -> str:
        """The employer looks at it."""
        return self.event("viewed_by_employer", application, user, {})

    def fold(self) -> None:
        """Commit all that waits."""
        while sum(step(partition) for partition in self._partitions):
            pass
