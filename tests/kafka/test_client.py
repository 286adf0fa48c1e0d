"""An operator's own properties for Kafka: what exactness depends on is not among them."""

import pytest
from pydantic import SecretStr

from models.errors import ConfigurationError
from models.settings import Settings
from storage.kafka.client import properties

OURS = ["auto.offset.reset", "enable.auto.commit", "isolation.level", "transactional.id", "acks"]


@pytest.mark.parametrize("name", OURS)
def test_what_nothing_may_be_lost_by_is_refused_by_name(name: str) -> None:
    own = {"sasl.username": SecretStr("operator"), name: SecretStr("latest")}
    settings = Settings(kafka_bootstrap="localhost:9092", kafka_properties=own)
    with pytest.raises(ConfigurationError, match=f"JOBFINDERS_KAFKA_PROPERTIES: {name};"):
        properties(settings)


def test_the_rest_is_the_operators() -> None:
    own = {"security.protocol": SecretStr("SASL_SSL"), "client.id": SecretStr("mine")}
    chosen = properties(Settings(kafka_bootstrap="localhost:9092", kafka_properties=own))
    assert (chosen["security.protocol"], chosen["client.id"]) == ("SASL_SSL", "mine")
