"""Small worlds of applications."""

from collections.abc import Iterator
from typing import Any

from tests.contract.building import event, line, status

Json = dict[str, Any]


def application(
    name: str, *statuses: str, user: str = "ada", day: float = 1, step: float = 1, **fields: object
) -> Iterator[bytes]:
    """One that was applied for on that day of March 2026 and changes its status each `step`
    days; fields are those of its creation."""
    events = [event("created", "c", day, data=fields)]
    for number, to in enumerate(statuses, 1):
        if to == "withdrawn":
            events.append(event("withdrawn", "w", day + number * step))
        else:
            events.append(status(to, f"s{number}", day + number * step))
    for told in events:
        yield line(told | {"subject": name, "userid": user})
