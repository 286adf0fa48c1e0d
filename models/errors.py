"""The one error tree. Nothing here knows of HTTP, SQL or the command line.

`api/errors.py` maps each class to a status; `flows/cli.py` prints `message` and exits 1.
"""

from collections.abc import Mapping

Details = Mapping[str, object]


class JobfindersError(Exception):
    """Root of every error that the product raises on purpose.

    `code` is stable and part of the API; `message` is a sentence for a person;
    `details` says which field or value was meant.
    """

    code = "INTERNAL"

    def __init__(self, message: str, *, details: Details | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class ConfigurationError(JobfindersError):
    """A setting, path or data folder with which the product cannot run."""

    code = "CONFIGURATION"


class AlreadyRunning(JobfindersError):
    """A second instance on the same data folder or log partition."""

    code = "ALREADY_RUNNING"


class SchemaTooNew(JobfindersError):
    """The data was written by a newer version of the product."""

    code = "SCHEMA_TOO_NEW"


class Fenced(JobfindersError):
    """Another process has taken over this partition; the loser must stop."""

    code = "FENCED"


class PositionLost(JobfindersError):
    """A source no longer has the position at which the flow would read on."""

    code = "POSITION_LOST"


class GuardMiss(JobfindersError):
    """A row changed between its load and its write: roll back and read again."""

    code = "GUARD_MISS"


class FoldFailed(JobfindersError):
    """The fold raised on these events: `events` maps (application, event id) to what it said."""

    code = "FOLD"

    def __init__(self, events: Mapping[tuple[str, str], str]) -> None:
        super().__init__(f"the fold raised on {len(events)} events")
        self.events = events


class Unauthenticated(JobfindersError):
    """No token."""

    code = "UNAUTHENTICATED"


class TokenInvalid(JobfindersError):
    """A token that is malformed, expired, revoked or not ours."""

    code = "TOKEN_INVALID"


class AccessDenied(JobfindersError):
    """Known caller, not allowed; also the answer for what does not exist."""

    code = "ACCESS_DENIED"


class NotFound(JobfindersError):
    """A part of one's own application, or a route, that does not exist."""

    code = "NOT_FOUND"


class MethodNotAllowed(JobfindersError):
    """A route that exists, under other methods; `allow` lists them."""

    code = "METHOD_NOT_ALLOWED"

    def __init__(self, message: str, *, allow: str = "") -> None:
        super().__init__(message)
        self.allow = allow


class UnsupportedMediaType(JobfindersError):
    """A body of a content type that its route does not take."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class InvalidRequest(JobfindersError):
    """A request that is well-formed HTTP but not acceptable; `field` is what is wrong in it,
    such as `query.cursor`, in the form in which `details` lists several."""

    code = "VALIDATION_ERROR"

    def __init__(
        self, message: str, *, field: str | None = None, details: Details | None = None
    ) -> None:
        if field is not None:
            details = {"fields": [{"field": field, "message": message, "type": "invalid"}]}
        super().__init__(message, details=details)


class InvalidEvent(JobfindersError):
    """A single event that would be dead-lettered; `details.reason` says why."""

    code = "INVALID_EVENT"


class InvalidTransition(JobfindersError):
    """A status change outside the table of allowed transitions."""

    code = "INVALID_TRANSITION"


class ApplicationTooLarge(JobfindersError):
    """An application that has as many events as it may have."""

    code = "APPLICATION_TOO_LARGE"


class PreconditionFailed(JobfindersError):
    """`If-Match` names another revision than the present one."""

    code = "PRECONDITION_FAILED"


class IdempotencyInFlight(JobfindersError):
    """A request with this idempotency key is being carried out."""

    code = "IDEMPOTENCY_IN_FLIGHT"


class IdempotencyMismatch(JobfindersError):
    """This idempotency key was used with another request."""

    code = "IDEMPOTENCY_MISMATCH"


class PayloadTooLarge(JobfindersError):
    """A body over the limit of its route."""

    code = "PAYLOAD_TOO_LARGE"


class RateLimited(JobfindersError):
    """Too many requests; `retry_after` is in seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *, retry_after: int, details: Details | None = None) -> None:
        super().__init__(message, details=details)
        self.retry_after = retry_after


class Unavailable(JobfindersError):
    """A dependency is down for the moment; `retry_after` is in seconds."""

    code = "UNAVAILABLE"
    retry_after = 2


class WarehouseNotReady(Unavailable):
    """No warehouse has been published yet, or none that this version can read."""

    code = "WAREHOUSE_NOT_READY"
    retry_after = 10


class QueryTooLong(Unavailable):
    """A question that takes longer than it may: a narrower one may not."""

    code = "QUERY_TOO_LONG"


class DiaryError(JobfindersError):
    """A spreadsheet or its mapping that cannot be turned into events."""

    code = "IMPORT"


class UnreadableInput(JobfindersError):
    """A file or pipe that cannot be opened, or not read on."""

    code = "UNREADABLE_INPUT"
