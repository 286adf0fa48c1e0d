"""The offline reference: gradient-boosted trees trained with hindsight on the same moments."""

import logging
from types import ModuleType

import msgspec
import numpy as np

from flows.evaluate.scores import Score, score
from flows.evaluate.served import Scored
from models.errors import ConfigurationError
from models.features import CATEGORICAL, Floats

TRAINED_SHARE = 0.7
_PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 50,
    "cat_smooth": 30.0,
    "num_threads": 2,
    "deterministic": True,
    "seed": 1,
    "verbosity": -1,
}
_ROUNDS = 300
_PATIENCE = 20
_HELD_BACK = 5
"""One application of so many of the training part says when to stop."""


class Comparison(msgspec.Struct, frozen=True, rename="camel"):
    """Both on the applications that began last; see `split`."""

    split: str
    trained: int
    """Moments that the trees learned from."""
    compared: int
    """Moments that both are scored on."""
    served: Score
    offline: Score
    auc_distance: float | None
    """Of the offline model's AUC above the served predictions'."""


def library() -> ModuleType:
    """LightGBM. Raises ConfigurationError where it is not installed."""
    try:
        import lightgbm  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise ConfigurationError(
            "the offline model needs LightGBM, which is not installed: `pip install lightgbm`, "
            f"or leave it out with --no-offline ({error})"
        ) from error
    module: ModuleType = lightgbm
    # By itself it warns on standard output, amid the JSON.
    module.register_logger(logging.getLogger("lightgbm"))
    return module


def compare(scored: Scored) -> Comparison | None:
    """Train on the applications that began first, with all their outcomes, and score both on
    the others; None where one part is empty or has but one outcome."""
    lightgbm = library()
    border = np.quantile(np.unique(scored.application), TRAINED_SHARE) if len(scored.p) else 0.0
    first = scored.application <= border
    held_back = first & (scored.application % _HELD_BACK == 0)
    trained, later = first & ~held_back, ~first
    parts = (trained, held_back, later)
    if any(len(np.unique(scored.hired[part])) < 2 for part in parts):
        return None

    numbers = _renumbered(scored.numbers)

    def part_of(part: Floats, reference: object = None) -> object:
        return lightgbm.Dataset(
            numbers[part],
            scored.hired[part],
            categorical_feature=list(CATEGORICAL),
            reference=reference,
            params={"verbosity": -1},
        )

    data = part_of(trained)
    trees = lightgbm.train(
        _PARAMETERS,
        data,
        _ROUNDS,
        valid_sets=[part_of(held_back, data)],
        callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
    )
    offline = score(trees.predict(numbers[later]), scored.hired[later])
    served = score(scored.p[later], scored.hired[later])
    behind = None
    if offline.auc is not None and served.auc is not None:
        behind = offline.auc - served.auc
    return Comparison(
        split=(
            f"applications in the order of their first prediction: the trees learn from the "
            f"first {TRAINED_SHARE:.0%}, outcomes that came later included (one of {_HELD_BACK} "
            "is held back to say when to stop); both are scored on the rest"
        ),
        trained=int(trained.sum()),
        compared=int(later.sum()),
        served=served,
        offline=offline,
        auc_distance=behind,
    )


def _renumbered(numbers: Floats) -> Floats:
    """With categories from 0 on: of hashes LightGBM warns on standard output, past its logger."""
    found = numbers.copy()
    for column in CATEGORICAL:
        found[:, column] = np.unique(numbers[:, column], return_inverse=True)[1]
    return found
