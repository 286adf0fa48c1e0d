"""Notes in and out."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from api.models import Body, Model, Patch
from api.schemas.fields import NOTE_CHARACTERS_MAX, Instant
from storage.postgres.notes import Note

NoteType = Literal["NOTE", "REMINDER"]
NotePriority = Literal["LOW", "MEDIUM", "HIGH"]
Content = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=NOTE_CHARACTERS_MAX)
]
Tag = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=64)]
Tags = Annotated[list[Tag], Field(max_length=20)]


class NewNote(Body):
    """A note, or a reminder with its date."""

    content: Content
    type: NoteType = "NOTE"
    priority: NotePriority = "MEDIUM"
    reminder_date: Instant | None = None
    tags: Tags = Field(default=[])

    @field_validator("type", "priority", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _reminder_has_a_date(self) -> "NewNote":
        if self.type == "REMINDER" and self.reminder_date is None:
            raise ValueError("a reminder needs a reminderDate")
        return self


class NoteChanges(Patch):
    """What may change of a note; at least one field. Its type stays."""

    content: Content = Field(default="")
    priority: NotePriority = Field(default="MEDIUM")
    reminder_date: Instant | None = None
    tags: Tags = Field(default=[])

    @field_validator("priority", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class NoteView(Model):
    """A note as its owner sees it."""

    id: str
    application_id: str
    content: str
    type: str
    priority: str
    reminder_date: datetime | None
    tags: list[str]
    completed: bool
    revision: int = Field(description="The note's own ETag.")
    created_at: datetime
    updated_at: datetime


class NotePage(Model):
    """A page of notes, newest first; `next` is the cursor of the page behind it."""

    items: list[NoteView]
    total: int
    has_more: bool
    next: str | None


def view(note: Note) -> NoteView:
    """The note as JSON."""
    return NoteView.model_construct(**{name: getattr(note, name) for name in NoteView.model_fields})
