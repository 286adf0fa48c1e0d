"""Dead letters, each judged again: statically, or against what its application holds."""

from flows.verify.applications import FACTS_MAX
from flows.verify.judgement import PREFIX, Judged, judge
from flows.verify.report import Report
from flows.verify.snapshot import SQL, Rows, Snapshot

_CHECK = "dead letters have their reason"
_FOLD_STAGE = "fold"


def check_letters(report: Report, snapshot: Snapshot) -> None:
    """What only arrival decides must still be possible: nothing that refuses is ever undone."""
    for page in snapshot.dead_letters():
        report.dead_letters += len(page)
        _check_page(report, snapshot, page)


def _check_page(report: Report, snapshot: Snapshot, page: Rows) -> None:
    dynamic: list[tuple[int, str, Judged]] = []
    for id_, reason, stage, recorded_us, payload in page:
        verdict = judge(bytes(payload), recorded_us)
        if isinstance(verdict, Judged):
            if stage != _FOLD_STAGE:
                dynamic.append((id_, reason, verdict))
        elif verdict != reason:
            report.add(_CHECK, f"dead letter {id_}", reason, verdict)
    if dynamic:
        _check_dynamic(report, snapshot, dynamic)


def _check_dynamic(
    report: Report, snapshot: Snapshot, letters: list[tuple[int, str, Judged]]
) -> None:
    subjects = [event.subject for _, _, event in letters]
    ids = [event.id for _, _, event in letters]
    held = {row[0]: row[1:] for row in snapshot.rows(SQL.holders, subjects)}
    namesakes = {row[:2]: row[2:] for row in snapshot.rows(SQL.namesakes, subjects, ids)}
    for id_, reason, event in letters:
        owner, facts = held.get(event.subject, (None, 0))
        same = namesakes.get((event.subject, event.id))
        possible = set()
        if same is not None and same != (PREFIX + event.type, event.time):
            possible.add("id_conflict")
        if owner is not None and owner != event.userid:
            possible.add("owner_mismatch")
        if facts >= FACTS_MAX:
            possible.add("application_too_large")
        if reason not in possible:
            expected = " or ".join(sorted(possible)) or "no dead letter"
            report.add(_CHECK, f"dead letter {id_}", reason, expected)
