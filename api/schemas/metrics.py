"""Metrics across applications: what may be asked, what an item is."""

from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import Annotated, Any, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.models import Model
from api.schemas.fields import Identifier, Moment, moment
from models.application import Source, Status
from models.errors import InvalidRequest
from models.periods import Per

COMPANIES_MAX = 200
SILENT_MAX = 1_000
PAGE_MAX = 10_000
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

    model_config = ConfigDict(frozen=True)

    from_: Moment | None = Field(
        None, alias="from", description="Inclusive; a day is one of tz.", examples=["2026-10-01"]
    )
    to: Moment | None = Field(
        None, description="Exclusive.", examples=["2026-11-01T00:00:00+01:00"]
    )
    company: Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"^[^\x00]*$")] | None = (
        Field(None, description="The name, exactly.", examples=["Acme"])
    )
    source: list[Source] = Field(
        default_factory=list, max_length=20, examples=[["referral", "recruiter"]]
    )
    status: list[Status] = Field(
        default_factory=list, max_length=20, description="The present one.", examples=[["rejected"]]
    )
    tz: Annotated[str, AfterValidator(_known)] = Field(
        "UTC", description="IANA name.", examples=["Europe/Berlin"], max_length=64
    )
    as_of: Moment | None = Field(
        None,
        description="What had been recorded by then, as the history has it; slower.",
        examples=["2026-11-01"],
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

    @property
    def recorded_until(self) -> datetime | None:
        """`as_of` as an instant. Raises InvalidRequest for one outside the years 1 to 9999."""
        return self._instant(self.as_of)

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

    by: Literal["company", "source", "week"] | None = None
    limit: int = Field(20, ge=1, le=COMPANIES_MAX, description="Companies, the largest first.")


class VolumeFilters(Filters):
    """`from` and `to` are times of events."""

    per: Per = Per.DAY
    by: Literal["type"] | None = None


class SilentFilters(Filters):
    """With how many to show."""

    limit: int = Field(100, ge=1, le=SILENT_MAX, description="The longest silence first.")


class FreshnessView(Model):
    """How new the figures are."""

    clock: datetime = Field(description="Log clock: waiting is counted up to here.")
    published_at: datetime
    as_of: str = Field(description="Position in the log: partition:offset, comma-separated.")


class TableFilters(Filters):
    """With which applications to show."""

    limit: int = Field(1_000, ge=1, le=PAGE_MAX, description="Applications a page.")
    after: Identifier | None = Field(None, description="`next` of the page before.")


class TablePage(Model):
    """All rows of so many applications, in order of their ids; `total` counts applications."""

    freshness: FreshnessView
    items: list[dict[str, Any]]
    total: int
    has_more: bool
    next: str | None


class SummaryItem(Model):
    """The headline figures."""

    applications: int | None
    open: int | None
    answered: int | None
    waiting: int | None = Field(description="Without an answer, and not withdrawn.")
    offered: int | None
    hired: int | None
    rejected: int | None
    withdrawn: int | None
    median_response_hours: float | None
    likely_ghosted: int | None
    ghosted_after_hours: float | None


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


class StageItem(Model):
    """A stage, and how long applications stay in it."""

    stage: Status
    entered: int | None
    left: int | None
    present: int | None
    median_hours: float | None
    p90_hours: float | None


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


class GhostedItem(Model):
    """A group's open applications."""

    group: str | None
    open: int | None
    likely_ghosted: int | None
    share: float | None
    ghosted_after_hours: float | None


class SilentItem(Model):
    """A likely ghosted application."""

    application_id: str
    user_id: str
    company: str | None
    job_title: str | None
    status: Status
    applied_at: datetime
    last_employer_activity_at: datetime | None
    hours_of_silence: float


class VolumeItem(Model):
    """A period's events."""

    start: datetime
    local: str = Field(description="`start` as a clock in tz shows it.")
    type: str | None
    events: int | None


Item = TypeVar("Item", bound=Model)


class Answer(Model, Generic[Item]):
    """A metric: what it means, how fresh it is, and its figures."""

    definition: str
    scope: str
    tz: str
    minimum_cases: int = Field(description="Below this, figures are null.")
    freshness: FreshnessView
    items: list[Item]
