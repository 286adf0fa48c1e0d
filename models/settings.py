"""Every setting of the product, once. Read from `JOBFINDERS_*` by the entry point only."""

from pathlib import Path

from pydantic import DirectoryPath, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)


class Settings(BaseSettings):
    """What an operator can change; each default works as it is.

    Times carry their unit in their name. An unset `postgres_url` means the embedded server
    under the data folder.
    """

    model_config = SettingsConfigDict(env_prefix="JOBFINDERS_", extra="ignore", frozen=True)

    data: Path = Field(Path("data"), description="Folder of everything that is kept.")
    environment: str = Field(
        "development",
        pattern="^(development|production)$",
        description="production refuses development tokens.",
    )
    secrets: DirectoryPath | None = Field(
        None, description="Folder of files named as variables are, like jobfinders_jwt_secret."
    )
    demo: bool = Field(
        False, description="Tokens of the demo's people without a password; `up --demo` sets it."
    )
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG to ERROR."
    )

    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port of the API.")
    cors_origins: list[str] = Field(
        default_factory=list, description="Of pages on other hosts, as a JSON list."
    )

    postgres_url: str | None = Field(None, description="Postgres of one's own, libpq URL.")
    partitions: int = Field(1, ge=1, le=64, description="Of a new embedded log; fixed after.")
    pool_size: int = Field(10, ge=1, le=200, description="API connections to Postgres.")

    redis_url: str | None = Field(
        None, description="Redis through which API processes share their rate limits."
    )
    kafka_bootstrap: str | None = Field(
        None, description="Brokers, host:port,…; unset: the outbox alone."
    )
    kafka_properties: dict[str, SecretStr] = Field(
        default_factory=dict, description="More of librdkafka's properties, as JSON (TLS, SASL)."
    )
    kafka_prefix: str = Field(
        "", pattern=r"^[A-Za-z0-9._-]{0,100}$", description="Put before the topics' names."
    )
    kafka_partitions: int = Field(4, ge=1, le=64, description="Of topics that are made.")
    kafka_replication: int = Field(-1, ge=-1, description="Of the same; -1: the broker's own.")
    kafka_port: int = Field(9092, ge=0, le=65535, description="Of a local broker; 0: any.")
    cache: Path = Field(Path("~/.cache/jobfinders"), description="Programs fetched once.")

    poll_ms: int = Field(5, ge=1, le=1_000, description="Idle poll of the outbox.")
    batch_events: int = Field(
        120_000,
        ge=1,
        description="Most of one transaction; shared by the partitions of a process with work.",
    )
    cache_applications: int = Field(40_000, ge=100, description="States kept in a process.")

    jwt_secret: SecretStr | None = Field(None, description="HS256 secret, at least 32 bytes.")
    jwt_jwks_url: str | None = Field(None, description="Keys of your issuer, for RS256 and ES256.")
    jwt_algorithm: str = Field(
        "HS256", pattern="^(HS256|RS256|ES256)$", description="HS256, RS256 or ES256."
    )
    jwt_audience: str = Field("jobfinders", description="`aud` of the tokens that are taken.")
    jwt_issuer: str = Field("jobfinders-development", description="Their `iss`.")
    jwt_lifetime_max_s: int = Field(86_400, ge=60, description="Longest life of a token.")

    revocation_poll_s: float = Field(5.0, gt=0, le=10, description="Age of what is revoked.")

    rate_limit_requests: int = Field(
        100, ge=1, description="Of a user in a window, /api/applications."
    )
    rate_limit_window_s: int = Field(900, ge=1, description="Length of a window.")
    rate_limit_service_requests: int = Field(100_000, ge=1, description="Of a service.")
    rate_limit_analyst_requests: int = Field(1_000, ge=1, description="Of an analyst or admin.")
    rate_limit_other_requests: int = Field(1_000, ge=1, description="Users, other routes.")
    rate_limit_stream_requests: int = Field(120, ge=1, description="Streams opened.")
    rate_limit_address_requests: int = Field(
        3_000, ge=1, description="Of an address without a valid token."
    )

    stream_heartbeat_s: float = Field(10.0, gt=0, le=15, description="A frame at least so often.")
    stream_resume_hours: float = Field(24.0, gt=0, description="How long an id is good.")
    stream_queue: int = Field(256, ge=8, description="Frames queued for a slow client.")
    stream_send_timeout_s: float = Field(
        20.0, gt=0, le=25, description="A client that takes nothing for so long is cut."
    )
    streams_per_user: int = Field(5, ge=1, description="Open at once, of a process.")
    stream_ring: int = Field(20_000, ge=100, description="Recent log entries in memory.")

    warehouse_publish_s: float = Field(
        10.0, gt=0, description="A new warehouse file so often, while events come in."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then variables, then the files of the folder `secrets`."""
        folder = {**env_settings(), **init_settings()}.get("secrets")
        if folder is None or not Path(folder).is_dir():  # the field's own check tells of it
            return init_settings, env_settings
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, folder)

    @property
    def warehouse_folder(self) -> Path:
        """Where the DuckDB files and their history are."""
        return self.data / "warehouse"

    @property
    def postgres_folder(self) -> Path:
        """Where the embedded server keeps its files."""
        return self.data / "postgres"

    @property
    def kafka_folder(self) -> Path:
        """Where a local broker keeps its files."""
        return self.data / "kafka"

    @property
    def secret_file(self) -> Path:
        """Where a development secret is kept from its first start."""
        return self.data / "jwt-secret"

    @property
    def api_url(self) -> str:
        """Where this machine reaches the API; an API on all addresses is on loopback too."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
