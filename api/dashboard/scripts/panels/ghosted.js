// Who will hardly answer any more: open applications past the wait of nine answers in ten.
import { count, duration, instant, percent } from "../format.js";
import { get } from "../request.js";
import { h } from "../dom.js";
import { Panel } from "../panel.js";
import { plainTable } from "../plain_table.js";
import { jobOf, statusName } from "../words.js";

const DEFINITION = "Open applications whose employer has been silent for longer than nine answers in ten take.";

// One's own, one by one.
export function ghostedApplications({ wide, parameters, open }) {
  return new Panel({
    id: "ghosted", title: "Likely ghosted", wide, definition: DEFINITION,
    ask: () => get("api/analytics/ghosted/applications", parameters()),
    make: (body) => ({ items }) => {
      if (!items.length) return "None of yours: no open application has been silent for that long.";
      body.replaceChildren(plainTable("Likely ghosted", ["Job", "Status", "Silence", "Last heard"], items.map((item) => [
        h("div", {}, h("button", { type: "button", class: "link job", onclick: () => open(item.applicationId) }, jobOf(item)),
          h("span", { class: "company" }, item.company ?? "")),
        h("span", { class: "chip", "data-status": item.status }, statusName(item.status)),
        duration(item.hoursOfSilence),
        instant(item.lastEmployerActivityAt ?? item.appliedAt)])));
      return undefined;
    },
  });
}

// By company, across users.
export function ghostedCompanies({ wide, parameters }) {
  return new Panel({
    id: "ghosted", title: "Likely ghosted, by company", wide,
    definition: `${DEFINITION} Companies with fewer than 5 open ones are left out.`,
    ask: () => get("api/analytics/ghosted", { ...parameters(), by: "company", limit: 12 }),
    make: (body) => ({ items }) => {
      const shown = items.filter(({ open }) => open > 0).sort((a, b) => b.likelyGhosted - a.likelyGhosted);
      if (!shown.length) return "No company has 5 open applications or more in this period.";
      body.replaceChildren(plainTable("Likely ghosted", ["Company", "Open", "Likely ghosted", "Share"], shown.map((item) =>
        [item.group ?? "Not told", count(item.open), count(item.likelyGhosted), percent(item.share)])));
      return undefined;
    },
  });
}
