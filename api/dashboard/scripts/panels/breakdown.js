// The same figures for each source, company or week: how long answers take, and offers.
import { count, day, duration, midnight, percent } from "../format.js";
import { get } from "../request.js";
import { h } from "../dom.js";
import { Panel } from "../panel.js";
import { plainTable } from "../plain_table.js";
import { SOURCES } from "../words.js";

const GROUPS = { source: ["By source", "Source"], company: ["By company", "Company"], week: ["By week", "Week of"] };
const NAMES = { source: (group) => SOURCES[group], company: (group) => group, week: (group) => day(midnight(group)) };
const NOTHING_BY = { company: "No company with 5 applications or more in this period." };

export function breakdown({ wide, parameters }) {
  const by = h("select", { "aria-label": "Compare", onchange: () => panel.renew() },
    Object.entries(GROUPS).map(([value, [name]]) => h("option", { value }, name)));
  const panel = new Panel({
    id: "breakdown", title: "Answers and offers", wide, controls: [by],
    definition: "Median wait for the first answer (Kaplan–Meier). Offers: of all. Accepted: hired, of those whose offer is not open any more.",
    make,
    ask: async () => {
      const chosen = { ...parameters(), by: by.value };
      const times = await get("api/analytics/response-times", chosen);
      const offers = await get("api/analytics/offers", chosen);
      return { ...times, offers: offers.items, by: by.value };
    },
  });
  return panel;
}

function make(body) {
  return ({ items, offers, by }) => {
    if (!items.length) return NOTHING_BY[by] ?? "No application in this period.";
    const offersOf = new Map(offers.map((item) => [item.group, item]));
    const rows = items.map((item) => {
      const { offerRate = null, acceptanceRate = null } = offersOf.get(item.group) ?? {};
      const name = item.group === null ? "Not told" : NAMES[by](item.group);
      return [name, count(item.cases), duration(item.medianHours), count(item.waiting), percent(offerRate), percent(acceptanceRate)];
    });
    if (by === "week") rows.reverse();
    body.replaceChildren(plainTable(`Answers and offers ${GROUPS[by][0].toLowerCase()}`,
      [GROUPS[by][1], "Applications", "Median wait", "Waiting", "Offers", "Accepted"], rows));
    return undefined;
  };
}
