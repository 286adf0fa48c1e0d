"""Values of each field of each type: those that the contract takes, those that it does not."""

from typing import Any

LONGEST = "é" * 1_000
TEXT = (["x", LONGEST], ["", LONGEST + "x", 1, None, ["x"]])
PERCENT = ([0, 100, 72.5, -0.0], [-0.1, 100.1, "50", None, True])
NUMBER = ([0, -1.5, 1e300], ["1", None, True])
INTEGER = ([0, -1, 7, 2.0], [1.5, "1", None, True])
INSTANT = (
    ["2026-03-09T08:00:00Z", "2026-03-09t08:00:00.5+01:00", "0000-01-01T00:00:00Z"],
    ["2026-03-09", "2026-03-09T08:00:00", "2026-03-09 08:00:00Z", "", 0, None],
)
NINE = (
    "applied viewed shortlisted interview_scheduled interviewed offer_received hired rejected"
    " withdrawn"
).split()
STATUS = (NINE, ["", "Applied", "offer", None, 1])
SOURCE = (
    "job_board referral company_site recruiter social other".split(),
    ["", "friend", "JOB_BOARD", None, 1],
)
NOTE_TYPE = (["NOTE", "REMINDER", "note", "Reminder"], ["", "MEMO", "ıNOTE", None, 1])
PRIORITY = (["LOW", "MEDIUM", "HIGH"], ["low", "", "URGENT", None])
SCORE = (
    [{"overallScore": value, "skillAlignment": "not checked"} for value in PERCENT[0]],
    [{}, {"overallScore": None}, {"overallScore": 101}, {"overallScore": "5"}, 50, None],
)

DESCRIPTION = {
    "jobId": TEXT,
    "jobTitle": TEXT,
    "company": TEXT,
    "location": TEXT,
    "source": SOURCE,
    "matchScore": PERCENT,
    "resumeId": TEXT,
    "referralCode": TEXT,
}
FIELDS: dict[str, dict[str, Any]] = {
    "created": DESCRIPTION,
    "updated": {"changes": ([{}, {"company": "c"}], ["c", None, []])},
    "status_changed": {"newStatus": STATUS, "oldStatus": STATUS, "reason": TEXT},
    "note_added": {
        "noteId": TEXT,
        "type": NOTE_TYPE,
        "priority": PRIORITY,
        "reminderDate": INSTANT,
    },
    "reminder_triggered": {"reminderId": TEXT, "noteId": TEXT, "dueAt": INSTANT},
    "withdrawn": {"reason": TEXT},
    "interview_scheduled": {
        "interviewId": TEXT,
        "scheduledAt": INSTANT,
        "durationMinutes": NUMBER,
        "round": INTEGER,
        "mode": TEXT,
        "location": TEXT,
    },
    "offer_received": {"offerId": TEXT, "deadline": INSTANT, "amount": NUMBER, "currency": TEXT},
    "viewed_by_employer": {"viewerId": TEXT},
    "match_score_updated": {"score": SCORE, "scorer": TEXT},
}
