"""The tests' own product: whatever fails as it starts, nothing of it stays."""

import psutil
import pytest

from models.settings import Settings
from tests.kafka.product import Product


def test_an_api_that_does_not_start_leaves_no_process(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBFINDERS_ENVIRONMENT", "production")  # refuses the tests' issuer
    before = psutil.Process().children()
    product = Product(settings.model_copy(update={"kafka_bootstrap": "127.0.0.1:1"}))
    with pytest.raises(AssertionError, match="the API has ended"):
        product.__enter__()
    assert psutil.Process().children() == before
