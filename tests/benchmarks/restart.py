"""How soon a flow that was killed goes on when the table is large.

A message of a known application waits; the clock runs from the start of the process to the
commit of that message.
"""

import time
from collections.abc import Iterator

from storage.postgres.connect import Connection, connect
from storage.postgres.outbox import copy_lines
from tests.benchmarks.clones import grow
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.processes import Process
from tests.benchmarks.workspace import Workspace

TITLE = "Restart"
APPLICATIONS = 1_000_000
FIRST_COMMIT_S_MAX = 1.5
_COPIES = 50
_POLL_S = 0.002
_EVENT = (
    '{"specversion":"1.0","id":"restart-%d","source":"/benchmark","type":'
    '"application.viewed_by_employer","subject":"%s","time":"2026-01-02T09:00:00Z",'
    '"userid":"%s","data":{}}'
)


def runs(workspace: Workspace) -> Iterator[Figures]:
    """One start after the other on the same table; each process is killed."""
    with workspace.database() as url, connect(url, autocommit=True) as connection:
        grow(workspace, url, workspace.size(APPLICATIONS, 20_000), _COPIES)
        row = connection.execute("SELECT count(*) FROM application_analytics").fetchone()
        applications = row[0] if row else 0
        known = connection.execute(
            "SELECT application_id, user_id FROM application_analytics"
            " WHERE application_id LIKE '%-7' ORDER BY application_id"
        ).fetchall()
        for number, (application_id, user_id) in enumerate(known):
            line = (_EVENT % (number, application_id, user_id)).encode()
            with connection.transaction():
                copy_lines(connection, [line], partitions=1, run=None)
            owned_s, committed_s = _start(workspace, url, connection)
            yield {
                "applications": Figure(applications, "rows"),
                "process start → owns the log": Figure(owned_s, "s"),
                "process start → first commit": Figure(
                    committed_s, "s", at_most=FIRST_COMMIT_S_MAX
                ),
            }


def _start(workspace: Workspace, url: str, connection: Connection) -> tuple[float, float]:
    """Seconds until the new process has fenced earlier ones, and until its first commit."""
    before_epoch, before_accepted = _position(connection)
    owned_s = 0.0
    began = time.perf_counter()
    with Process("flows.cli", "flow", "analytics", settings=workspace.settings(url)) as flow:
        while True:
            epoch, accepted = _position(connection)
            passed_s = time.perf_counter() - began
            if epoch > before_epoch and not owned_s:
                owned_s = passed_s
            if accepted > before_accepted:
                flow.popen.kill()
                return owned_s, passed_s
            flow.check()
            time.sleep(_POLL_S)


def _position(connection: Connection) -> tuple[int, int]:
    row = connection.execute(
        "SELECT epoch, accepted FROM flow_positions WHERE flow = 'analytics' AND partition = 0"
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)
