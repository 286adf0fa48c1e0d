"""Every metric of the API, once: kind, labels, meaning. No label holds an id of anybody."""

from functools import partial
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_REQUEST_BUCKETS_S = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_CLIENT_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Described(NamedTuple):
    """A metric that is read where it is kept: its name, meaning and labels."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()


class Pipeline:
    """What `api/pipeline.py` reads: the same from every API process."""

    OUTBOX_MESSAGES = Described(
        "jobfinders_outbox_messages",
        "Messages not taken by the flow (with Kafka: by the relay); 100,000 are counted at most.",
        ("partition",),
    )
    FLOW_MESSAGES = Described(
        "jobfinders_flow_messages_total",
        "Messages that the analytics flow has judged: accepted, duplicates or dead_lettered.",
        ("flow", "partition", "outcome"),
    )
    KAFKA_LAG = Described(
        "jobfinders_kafka_lag_messages",
        "Of what the relay published to the events topic, what the flow has not taken.",
        ("partition",),
    )
    LOG_LAG = Described(
        "jobfinders_log_lag_entries",
        "Entries of the log that a reader of it has not taken; warehouse: not published.",
        ("flow", "partition"),
    )
    DEAD_LETTERS = Described(
        "jobfinders_dead_letters",
        "Dead letters that wait for somebody; 100,000 are counted at most.",
        ("reason",),
    )
    ENTITY_STALE = Described(
        "jobfinders_entity_stale",
        "Applications whose row was locked when the flow wanted to write it.",
    )


class Metrics:
    """One process's metrics; a registry of its own, so that two apps do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        histogram = partial(Histogram, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        counter = partial(Counter, registry=self.registry)
        self.request_seconds = histogram(
            "jobfinders_api_request_seconds",
            "Time from request to the last byte of its answer, by route template.",
            ["method", "route", "status"],
            buckets=_REQUEST_BUCKETS_S,
        )
        self.requests_open = gauge(
            "jobfinders_api_requests_open",
            "Requests being answered, streams included.",
        )
        self.refused = counter(
            "jobfinders_api_refused_total",
            "Errors answered, by code of the error envelope.",
            ["code"],
        )
        self.ingested = counter(
            "jobfinders_api_ingested_total",
            "Messages put into the outbox by POST /api/events.",
        )
        self.database_up = gauge(
            "jobfinders_database_up",
            "1 while Postgres answers this process.",
        )
        self.redis_unreachable = gauge(
            "jobfinders_redis_unreachable",
            "1 while the Redis that is set does not answer: this process limits by itself.",
        )
        self.outbox_age_seconds = gauge(
            "jobfinders_outbox_age_seconds",
            "Age of the oldest message that the flow has not taken.",
        )
        self.flow_idle_seconds = gauge(
            "jobfinders_flow_idle_seconds",
            "Time since the analytics flow last committed a batch.",
        )
        self._add_streams_and_clients()

    def _add_streams_and_clients(self) -> None:
        histogram = partial(Histogram, registry=self.registry)
        self.streams_open = Gauge(
            "jobfinders_streams_open",
            "Live streams being served.",
            ["kind"],
            registry=self.registry,
        )
        self.stream_resets = Counter(
            "jobfinders_stream_resets_total",
            "Clients told to forget what they hold, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.stream_delivery_seconds = histogram(
            "jobfinders_stream_delivery_seconds",
            "From the recording of a message to its live frames being handed to the server.",
            buckets=_REQUEST_BUCKETS_S,
        )
        self.client_application_load_seconds = histogram(
            "jobfinders_client_application_load_seconds",
            "Loading the list of applications, as clients report it.",
            buckets=_CLIENT_BUCKETS_S,
        )
        self.client_filter_seconds = histogram(
            "jobfinders_client_filter_seconds",
            "Answering a filter, as clients report it.",
            buckets=_CLIENT_BUCKETS_S,
        )
        self.client_feed_latency_seconds = histogram(
            "jobfinders_client_feed_latency_seconds",
            "From an event to its frame at the client, as clients report it.",
            buckets=_REQUEST_BUCKETS_S,
        )

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self.registry)
