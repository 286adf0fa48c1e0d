"""One example of each body that the API takes, by the name of its schema."""

EXAMPLES: dict[str, dict[str, object]] = {
    "NewApplication": {
        "jobId": "job-4711",
        "jobTitle": "Data Engineer",
        "company": "Acme",
        "location": "Berlin",
        "source": "referral",
    },
    "ApplicationChanges": {"location": "remote"},
    "NewStatus": {"status": "shortlisted", "reason": "they called"},
    "Withdrawal": {"reason": "took another offer"},
    "NewNote": {
        "content": "Call back on Monday",
        "type": "REMINDER",
        "priority": "HIGH",
        "reminderDate": "2027-03-01T09:00:00Z",
    },
    "NoteChanges": {"priority": "LOW"},
    "NewInterview": {"scheduledAt": "2027-03-05T14:00:00+01:00", "durationMinutes": 45, "round": 1},
    "NewOffer": {"amount": 72000, "currency": "EUR", "deadline": "2027-03-20T17:00:00Z"},
    "Chosen": {"role": "analyst"},
    "Redrive": {"ids": [17, 18]},
    "ApplicationLoad": {"metric": "application_load", "loadTime": 812.5, "applicationCount": 40},
    "FilterPerformance": {"metric": "application_filter", "responseTime": 120, "resultCount": 7},
    "FeedLatency": {"metric": "feed_latency", "latency": 18.2, "messageCount": 1},
}
