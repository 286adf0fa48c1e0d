"""Each stored probability recomputed from the application's facts, its time and the weights of
the version that it names."""

from collections import defaultdict
from datetime import datetime

from flows.verify.report import Report
from flows.verify.snapshot import SQL, Range, Snapshot
from models.analytics import fold
from models.facts import unpack
from models.instant import from_datetime
from models.success import predict
from models.success import unpack as unpack_version

TOLERANCE = 1e-9


def check_probabilities(report: Report, moment: Snapshot, within: Range) -> None:
    """Compare a range; those of versions whose weights are gone are counted, not passed."""
    by_version: defaultdict[int, list[tuple[str, bytes, float, str]]] = defaultdict(list)
    for application_id, state, p, version, computed_at in moment.rows(SQL.probabilities, *within):
        by_version[version].append((application_id, state, p, computed_at))
    weights: dict[int, bytes | None] = dict(moment.rows(SQL.model_weights, list(by_version)))
    for number, stored in by_version.items():
        packed = weights.get(number)
        version = None if packed is None else unpack_version(packed)
        if version is None:
            report.unchecked_probabilities += len(stored)
            continue
        rows = [fold(unpack(state)) for _, state, _, _ in stored]
        times = [from_datetime(datetime.fromisoformat(at)) for *_, at in stored]
        answers = predict(version, rows, times)
        report.probabilities += len(stored)
        for (application_id, _, p, _), right in zip(stored, answers.p.tolist(), strict=True):
            if not abs(p - right) <= TOLERANCE:
                report.add("probability", application_id, p, right)
