"""How clients reach Kafka, and the product's topics."""

import logging
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from models.errors import ConfigurationError, Unavailable
from models.settings import Settings

EVENTS = "applications.events.v1"
ANALYTICS = "applications.analytics.v1"
DEAD_LETTERS = "applications.dlq.v1"

MESSAGE_BYTES_MAX = 4 << 20
Properties = dict[str, Any]

_PATIENCE_S = 10.0
_OURS = frozenset(
    "bootstrap.servers metadata.broker.list group.id isolation.level auto.offset.reset"
    " enable.auto.commit auto.commit.enable enable.auto.offset.store enable.partition.eof"
    " allow.auto.create.topics transactional.id transaction.timeout.ms enable.idempotence acks"
    " request.required.acks partitioner message.max.bytes".split()
)
"""Properties by which nothing is lost or doubled: no operator's choice. With both their names."""
_log = logging.getLogger("jobfinders.kafka")
_TOPIC_CONFIG = {"max.message.bytes": str(MESSAGE_BYTES_MAX)}
_TOPICS = {EVENTS: {}, ANALYTICS: {"cleanup.policy": "compact"}, DEAD_LETTERS: {}}


def properties(settings: Settings, **more: str | int | bool) -> Properties:
    """librdkafka's configuration: the address, the operator's own properties, and `more`.

    Raises ConfigurationError where no Kafka is set, or properties are that are not the operator's.
    """
    if settings.kafka_bootstrap is None:
        raise ConfigurationError("no Kafka is used: set JOBFINDERS_KAFKA_BOOTSTRAP")
    own = {name: value.get_secret_value() for name, value in settings.kafka_properties.items()}
    if refused := sorted(_OURS & own.keys()):
        raise ConfigurationError(
            f"not to be set in JOBFINDERS_KAFKA_PROPERTIES: {', '.join(refused)}; exact figures "
            "depend on what the product sets there"
        )
    return {
        "bootstrap.servers": settings.kafka_bootstrap,
        "client.id": "jobfinders",
        "reconnect.backoff.max.ms": 1_000,
        "allow.auto.create.topics": False,
        "log_level": 2,  # `_tell` hears of the rest
        "error_cb": _tell,
        **{name.replace("_", "."): value for name, value in more.items()},
        **own,
    }


def producer_properties(settings: Settings, **more: str | int | bool) -> Properties:
    """The same for a producer, which has no topics to create."""
    chosen = properties(settings, **more)
    del chosen["allow.auto.create.topics"]
    return chosen


def topic_name(settings: Settings, topic: str) -> str:
    """What a topic is called here: several installations may share one Kafka."""
    return settings.kafka_prefix + topic


def ensure_topics(settings: Settings) -> None:
    """Make those of the product's topics that are not there.

    Raises Unavailable when Kafka does not answer, ConfigurationError when it refuses.
    """
    present = topics(settings)
    wanted = [
        _topic(settings, name, {**_TOPIC_CONFIG, **more})
        for name, more in _TOPICS.items()
        if topic_name(settings, name) not in present
    ]
    if not wanted:
        return
    admin = _admin(settings)
    for name, made in admin.create_topics(wanted, operation_timeout=_PATIENCE_S).items():
        try:
            made.result(_PATIENCE_S)
        except (KafkaException, TimeoutError) as error:
            _judge_creation(name, error)


def topics(settings: Settings) -> set[str]:
    """Names of all topics. Raises Unavailable when Kafka does not answer."""
    admin = _admin(settings)  # whose end would end what is under way
    try:
        return set(admin.list_topics(timeout=_PATIENCE_S).topics)
    except KafkaException as error:
        raise Unavailable(f"Kafka does not answer: {error.args[0].str()}") from error


def topic_state(settings: Settings, topic: str, patience_s: float = _PATIENCE_S) -> tuple[str, int]:
    """A topic's id (another one once it was made anew) and the number of its partitions."""
    admin = _admin(settings)  # whose end would end what is under way
    found = admin.describe_topics(TopicCollection([topic]), request_timeout=patience_s)[topic]
    try:
        described = found.result(patience_s)
    except (KafkaException, TimeoutError) as error:
        if _code(error) == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise ConfigurationError(
                f"Kafka has no topic {topic}: `jobfinders relay` makes it, or make it yourself"
            ) from error
        why = str(error) or f"not within {patience_s:.0f} s"
        raise Unavailable(f"Kafka does not answer: {why}") from error
    return str(described.topic_id), len(described.partitions)


def _admin(settings: Settings) -> AdminClient:
    return AdminClient(producer_properties(settings))


def _topic(settings: Settings, name: str, config: dict[str, str]) -> NewTopic:
    return NewTopic(
        topic_name(settings, name),
        num_partitions=settings.kafka_partitions,
        replication_factor=settings.kafka_replication,
        config=config,
    )


def _judge_creation(name: str, error: Exception) -> None:
    code = _code(error)
    if code == KafkaError.TOPIC_ALREADY_EXISTS:
        return
    if code is None or code < 0:
        raise Unavailable(f"Kafka does not answer: {error}") from error
    raise ConfigurationError(f"Kafka does not make the topic {name}: {error}") from error


def _code(error: Exception) -> int | None:
    """The protocol's error code; negative for the client's own errors, None for a timeout."""
    cause = error.args[0] if error.args else None
    return cause.code() if isinstance(cause, KafkaError) else None


def _tell(error: KafkaError) -> None:
    """What the client will get over by itself."""
    _log.warning("%s", error.str())
