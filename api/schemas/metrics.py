"""Metrics across applications: what may be asked, what an item is."""

from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Annotated, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.models import Model
from api.schemas.fields import Moment, moment
from models.application import Source, Status
from models.errors import InvalidRequest
from models.periods import Per
from storage.duckdb.metrics import By

COMPANIES_MAX = 200
_DAY_CHARACTERS = len("2026-03-01")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime"})  # whatever the machine says


def _known(name: str) -> str:
    if name not in _zones():
        raise ValueError("not an IANA time zone, such as Europe/Berlin")
    return name


class Filters(BaseModel):
    """Which applications, and whose days and weeks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Moment | None = Field(None, alias="from", description="Inclusive; a day is one of tz.")
    to: Moment | None = Field(None, description="Exclusive.")
    company: Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"^[^\x00]*$")] | None = (
        Field(None, description="The name, exactly.")
    )
    source: list[Source] = Field(default_factory=list, max_length=20)
    status: list[Status] = Field(default_factory=list, max_length=20)
    tz: Annotated[str, AfterValidator(_known)] = Field(
        "UTC", description="IANA name.", examples=["Europe/Berlin"], max_length=64
    )
    scope: Literal["all", "mine"] = Field(
        "all", description="mine: the caller's own applications; a user needs it."
    )

    @property
    def zone(self) -> tzinfo:
        """The time zone."""
        return ZoneInfo(self.tz)

    @property
    def since(self) -> datetime | None:
        """`from` as an instant. Raises InvalidRequest for one outside the years 1 to 9999."""
        return self._instant(self.from_)

    @property
    def until(self) -> datetime | None:
        """`to` as an instant. Raises InvalidRequest for one outside the years 1 to 9999."""
        return self._instant(self.to)

    def _instant(self, text: str | None) -> datetime | None:
        """The midnight of a day is one of the time zone."""
        if text is None or len(text) > _DAY_CHARACTERS:
            return None if text is None else moment(text)
        try:
            return datetime.fromisoformat(text).replace(tzinfo=self.zone).astimezone(UTC)
        except OverflowError:
            raise InvalidRequest(f"{text} is not a day of {self.tz}") from None


class Grouped(Filters):
    """With something to group by."""

    by: Literal[By.COMPANY, By.SOURCE, By.WEEK] | None = None
    limit: int = Field(20, ge=1, le=COMPANIES_MAX, description="Companies, the largest first.")


class VolumeFilters(Filters):
    """`from` and `to` are times of events."""

    per: Per = Per.DAY
    by: Literal["type"] | None = None


class FunnelItem(Model):
    """A stage: who got there, and where those are who got no further."""

    group: str | None
    stage: Status
    reached: int | None
    share: float | None
    pass_through: float | None
    open: int | None
    rejected: int | None
    withdrawn: int | None


class ResponseItem(Model):
    """A group's wait for the first answer."""

    group: str | None
    cases: int | None
    answered: int | None
    waiting: int | None = Field(description="Without an answer, and not withdrawn.")
    withdrawn: int | None = Field(description="Before any answer.")
    median_hours: float | None
    median_low_hours: float | None
    median_high_hours: float | None
    p90_hours: float | None


class CurveItem(Model):
    """A step: from so many hours on, `unanswered` is the share without an answer."""

    hours: float
    unanswered: float
    low: float
    high: float
    at_risk: int


class OffersItem(Model):
    """A group's offers."""

    group: str | None
    applications: int | None
    offered: int | None
    offer_rate: float | None
    open: int | None
    hired: int | None
    rejected: int | None
    withdrawn: int | None
    acceptance_rate: float | None


class VolumeItem(Model):
    """A period's events."""

    start: datetime
    local: str = Field(description="`start` as a clock in tz shows it.")
    type: str | None
    events: int | None


class FreshnessView(Model):
    """How new the figures are."""

    clock: datetime = Field(description="Log clock: waiting is counted up to here.")
    published_at: datetime
    as_of: str = Field(description="Position in the log: partition:offset, comma-separated.")


Item = TypeVar("Item", bound=Model)


class Answer(Model, Generic[Item]):
    """A metric: what it means, how fresh it is, and its figures."""

    definition: str
    scope: str
    tz: str
    minimum_cases: int = Field(description="Below this, figures are null.")
    freshness: FreshnessView
    items: list[Item]
