// What the figures of the board are of: period and source, above the panels that follow them.
import { h } from "./dom.js";
import { SOURCES } from "./words.js";
import { TIME_ZONE } from "./format.js";

const DAY_MS = 86_400_000;
const PERIODS = [[30, "Applied in the last 30 days"], [90, "Applied in the last 90 days"], [365, "Applied in the last year"], [0, "All applications"]];

// `parameters()` as the API takes them; `changed` after each choice.
export function filters(changed) {
  const period = select("Period", PERIODS.map(([days, name]) => [String(days), name]), "0");
  const source = select("Source", [["", "All sources"], ...Object.entries(SOURCES)], "");
  const element = h("form", { class: "filters", "aria-label": "Filters", onchange: changed,
                              onsubmit: (event) => event.preventDefault() },
    period.element, source.element, h("p", { class: "hint" }, `Times in ${TIME_ZONE.replace(/_/g, " ")}`));
  return {
    element,
    parameters() {
      const days = Number(period.value());
      const from = days ? new Date(Math.floor(Date.now() / DAY_MS - days) * DAY_MS).toISOString().slice(0, 10) : null;
      return { from, source: source.value(), tz: TIME_ZONE };
    },
  };
}

function select(name, choices, chosen) {
  const field = h("select", { "aria-label": name },
    choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  return { element: field, value: () => field.value };
}
