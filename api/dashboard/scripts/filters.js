// What the figures of the board are of: period, source and company, above the panels that follow
// them.
import { get } from "./request.js";
import { h } from "./dom.js";
import { SOURCES } from "./words.js";
import { isoDay, TIME_ZONE } from "./format.js";

const DAY_MS = 86_400_000;
const PERIODS = [[30, "The last 30 days"], [90, "The last 90 days"], [365, "The last year"], [0, "All time"]];
const SUGGESTED = 200;

// `parameters()` as the API takes them; `changed` after each choice. `fixed` goes with the
// question which companies there are.
export function filters(fixed, changed) {
  const period = select("Period", PERIODS.map(([days, name]) => [String(days), name]), "0");
  const source = select("Source", [["", "All sources"], ...Object.entries(SOURCES)], "");
  const company = companies(fixed);
  const element = h("form", { class: "filters", "aria-label": "Filters", onchange: changed,
                              onsubmit: (event) => event.preventDefault() },
    period.element, source.element, ...company.elements,
    h("p", { class: "hint" }, `Times in ${TIME_ZONE.replace(/_/g, " ")}`));
  return {
    element,
    parameters() {
      const days = Number(period.value());
      const from = days ? isoDay(Date.now() - days * DAY_MS) : null;
      return { from, source: source.value(), company: company.value(), tz: TIME_ZONE };
    },
  };
}

function select(name, choices, chosen) {
  const field = h("select", { "aria-label": name },
    choices.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  return { element: field, value: () => field.value };
}

// Any name may be typed; the largest companies are suggested once somebody is about to.
function companies(fixed) {
  const list = h("datalist", { id: "companies" });
  const field = h("input", { type: "search", "aria-label": "Company", placeholder: "All companies",
                             list: "companies", maxlength: 1_000, autocomplete: "off" });
  const suggest = async () => {
    const { items } = await get("api/analytics/offers", { ...fixed, by: "company", limit: SUGGESTED });
    list.replaceChildren(...items.filter(({ group }) => group !== null).map(({ group }) => h("option", { value: group })));
  };
  field.addEventListener("focus", () => suggest().catch(() => {})); // without them it can be typed
  return { elements: [field, list], value: () => field.value };
}
