// What statuses and events are called on the page.
import { amount, instant } from "./format.js";

export const STATUSES = {
  applied: "Applied",
  viewed: "Viewed",
  shortlisted: "Shortlisted",
  interview_scheduled: "Interview scheduled",
  interviewed: "Interviewed",
  offer_received: "Offer received",
  hired: "Hired",
  rejected: "Rejected",
  withdrawn: "Withdrawn",
};
export const CLOSED = new Set(["hired", "rejected", "withdrawn"]);

export const SOURCES = {
  job_board: "Job board",
  referral: "Referral",
  company_site: "Company site",
  recruiter: "Recruiter",
  social: "Social media",
  other: "Other",
};

// What moves a chance of success.
export const FACTORS = {
  stage: "how far it has come",
  silence: "the employer’s silence",
  age: "its age",
  activity: "what has happened so far",
  match: "the match with the job",
  employer: "how this employer treats applications",
  source: "where the job was found",
  moment: "the hour and the day of the week",
};

export function statusName(status) {
  return STATUSES[status] ?? "No status yet";
}

const SENTENCES = {
  created: () => "Applied",
  updated: ({ changes }) => `Details changed: ${Object.keys(changes ?? {}).map(spaced).join(", ")}`,
  status_changed: ({ newStatus, reason }) => `${statusName(newStatus)}${reason ? `: ${reason}` : ""}`,
  note_added: ({ type, reminderDate }) =>
    type?.toUpperCase() === "REMINDER" && reminderDate ? `Reminder set for ${instant(reminderDate)}` : "Note added",
  reminder_triggered: () => "Reminder due",
  withdrawn: ({ reason }) => `Withdrawn${reason ? `: ${reason}` : ""}`,
  interview_scheduled: ({ scheduledAt, durationMinutes, mode }) =>
    `Interview on ${instant(scheduledAt)}${details([durationMinutes && `${durationMinutes} min`, mode])}`,
  offer_received: ({ amount: sum, currency, deadline }) =>
    `Offer${sum ? ` of ${amount(sum)} ${currency ?? ""}`.trimEnd() : ""}${details([deadline && `answer by ${instant(deadline)}`])}`,
  viewed_by_employer: () => "Viewed by the employer",
  match_score_updated: ({ score }) => `Match score ${Math.round(score?.overallScore)} of 100`,
};

// An event's type (`application.status_changed`) and data → a sentence.
export function sentence(type, data) {
  const kind = type.replace("application.", "");
  return (SENTENCES[kind] ?? (() => spaced(kind)))(data ?? {});
}

// The status that an event leads to, for its colour; null for none.
export function leadsTo(type, data) {
  const kind = type.replace("application.", "");
  return { created: "applied", withdrawn: "withdrawn", status_changed: data?.newStatus }[kind] ?? null;
}

export function jobOf(row) {
  return row?.jobTitle ?? "An application";
}

function details(parts) {
  const given = parts.filter(Boolean);
  return given.length ? ` (${given.join(", ")})` : "";
}

function spaced(name) {
  return name.replace(/_/g, " ").replace(/([a-z])([A-Z])/g, (_, end, begin) => `${end} ${begin.toLowerCase()}`);
}
