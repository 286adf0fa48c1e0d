"""What each metric across applications means, in words that stand beside its figures."""

from enum import StrEnum

CASES_MIN = 5
"""Across users no figure rests on fewer."""


class Metric(StrEnum):
    """The metrics, by the names of their routes."""

    SUMMARY = "summary"
    FUNNEL = "funnel"
    STAGES = "stages"
    RESPONSE_TIMES = "response-times"
    RESPONSE_CURVE = "response-curve"
    OFFERS = "offers"
    VOLUME = "volume"
    GHOSTED = "ghosted"
    GHOSTED_APPLICATIONS = "ghosted/applications"


DEFINITIONS: dict[Metric, str] = {
    Metric.SUMMARY: (
        "Applications by what became of them; the median wait for an answer as in "
        "response-times, likely ghosted as in ghosted."
    ),
    Metric.FUNNEL: (
        "Applications whose furthest stage is this one or a later one, by their transitions, "
        "employer views, interviews and offers. share: of all; passThrough: of those who reached "
        "the stage before. open, rejected, withdrawn: present state of those who got no further."
    ),
    Metric.STAGES: (
        "Hours that an application spends in a stage, several stays together, as a Kaplan-Meier "
        "estimate: who is in it still counts as not gone after so many hours."
    ),
    Metric.RESPONSE_TIMES: (
        "Hours from application to the employer's first answer (shortlisted, interview, offer, "
        "hired or rejected; a view is none) as a Kaplan-Meier estimate: who still waits counts "
        "as not answered after so many hours, who withdrew until then. Null where the curve does "
        "not get so far, and under 5 cases. Low and high: the 95 % band (log-log, Greenwood)."
    ),
    Metric.RESPONSE_CURVE: (
        "Share not answered after so many hours, Kaplan-Meier, with its 95 % band (log-log, "
        "Greenwood); atRisk: who still waited just before. Thinned to steps of half a per cent."
    ),
    Metric.OFFERS: (
        "Applications that got an offer, hires included, among all; acceptanceRate: hired among "
        "those whose offer is not open any more."
    ),
    Metric.VOLUME: "Accepted events by when they happened.",
    Metric.GHOSTED: (
        "Open applications whose employer has been silent for longer than 90 % of all answers "
        "take that ever come, by the Kaplan-Meier curve of everybody's response times (21 days "
        "while fewer than 5 were answered); share: of the open ones."
    ),
    Metric.GHOSTED_APPLICATIONS: (
        "Open applications whose employer has been silent for longer than 90 % of all answers "
        "take that ever come; the longest silence first."
    ),
}
