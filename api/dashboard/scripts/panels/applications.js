// One's own applications, the one with the latest news first; choosing one opens its timeline.
import { duration, instant, NOTHING, percent } from "../format.js";
import { h, keyed, setText } from "../dom.js";
import { Panel } from "../panel.js";
import { CLOSED, jobOf, statusName } from "../words.js";

const HOUR_MS = 3_600_000;

export function applications({ wide, open }) {
  return new Panel({
    id: "applications", title: "Your applications", wide,
    definition: "The latest news first. Chance: of being hired, as the model sees it. Silence: since the employer last did anything.",
    make: (body) => make(body, open),
  });
}

// Data: { rows, chances, chosen }.
function make(body, open) {
  const rowsOf = h("tbody");
  body.append(
    h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Your applications" },
      h("table", { class: "applications" },
        h("thead", {}, h("tr", {},
          ["Job", "Status", "Chance", "Silence", "Last news"].map((name) => h("th", { scope: "col" }, name)))),
        rowsOf)));
  return ({ rows, chances, chosen }) => {
    if (!rows.length) return "You have no application yet. As soon as one is created it stands here.";
    keyed(rowsOf, rows, (row) => row.applicationId, (row) => create(row, open), (element, row) => update(element, row, chances.get(row.applicationId), chosen));
  };
}

function create(row, open) {
  return h("tr", {},
    h("th", { scope: "row" },
      h("button", { type: "button", class: "link job", onclick: () => open(row.applicationId) }),
      h("span", { class: "company" })),
    h("td", {}, h("span", { class: "chip" })),
    h("td", { class: "chance" }),
    h("td", { class: "silence" }),
    h("td", { class: "when" }));
}

function update(element, row, chance, chosen) {
  const [job, status, likely, silence, when] = element.children;
  setText(job.firstChild, jobOf(row));
  setText(job.lastChild, row.company ?? "");
  job.firstChild.setAttribute("aria-pressed", String(row.applicationId === chosen));
  setText(status.firstChild, statusName(row.status));
  status.firstChild.dataset.status = row.status ?? "";
  setText(when, latest(row) ? instant(latest(row)) : NOTHING);
  setText(likely, percent(chance?.p));
  setText(silence, duration(hoursOfSilence(row)));
}

// The last moment at which either side did something.
export function latest(row) {
  const times = [row.lastEmployerActivityAt, row.lastCandidateActivityAt, row.statusAt].filter(Boolean);
  return times.sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null;
}

function hoursOfSilence(row) {
  const since = row.lastEmployerActivityAt ?? row.appliedAt;
  if (!since || CLOSED.has(row.status)) return null;
  return Math.max(0, Date.now() - Date.parse(since)) / HOUR_MS;
}
