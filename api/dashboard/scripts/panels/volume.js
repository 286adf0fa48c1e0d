// How many events happened, by hour, day or week.
import { axis, bars, chart, color, figuresTable } from "../chart.js";
import { count, counted, day, instant } from "../format.js";
import { get } from "../request.js";
import { h, setText } from "../dom.js";
import { Panel } from "../panel.js";

const PERIODS = { hour: ["By hour", "hours"], day: ["By day", "days"], week: ["By week", "weeks"] };

export function volume({ wide, parameters }) {
  const per = h("select", { "aria-label": "Events by", onchange: () => panel.renew() },
    Object.entries(PERIODS).map(([value, [name]]) => h("option", { value, selected: value === "day" }, name)));
  const panel = new Panel({
    id: "volume", title: "Events", wide, controls: [per],
    definition: "Accepted events that happened in the period, whenever their application was made.",
    make,
    ask: async () => {
      const chosen = per.value;
      return { ...(await get("api/analytics/volume", asked(parameters(), chosen))), per: chosen };
    },
  });
  return panel;
}

// Of hours the last week: those of a long period could not be told apart.
function asked({ from, ...others }, per) {
  return { ...others, per, from: per === "hour" ? null : from };
}

function make(body) {
  const strong = h("strong");
  const rest = h("span");
  body.append(h("p", { class: "headline" }, strong, rest));
  const drawn = chart(body, { height: 200, options: options(), hint: "Point at a bar, or use the arrow keys, to read it." });
  const table = figuresTable(body, ["Beginning", "Events"]);
  return ({ items, per }) => {
    const total = items.reduce((sum, { events }) => sum + (events ?? 0), 0);
    const hidden = items.some(({ events }) => events === null);
    if (total === 0) return hidden ? `Fewer than 5 events in each of these ${PERIODS[per][1]}: too few for figures across users.` : "No event in this period.";
    const name = ({ start }) => (per === "hour" ? instant(start) : `${per === "week" ? "Week of " : ""}${day(start)}`);
    setText(strong, count(total));
    setText(rest, ` events in ${count(items.length)} ${PERIODS[per][1]}${hidden ? ", without those that have fewer than 5" : ""}`);
    drawn.draw({
      label: `Bars of events by ${per}: ${count(total)} in ${items.length}.`,
      data: [items.map(({ start }) => Date.parse(start) / 1_000), items.map(({ events }) => events)],
      read: (index) => `${name(items[index])}: ${told(items[index])}`,
    });
    table(items.map((item) => [name(item), count(item.events)]));
    return undefined;
  };
}

function told({ events }) {
  return events === null ? "fewer than 5 events" : counted(events, "event", "events");
}

function options() {
  return {
    scales: { x: { range: withHalfABar }, y: { range: (_, __, most) => [0, most * 1.05 || 1] } },
    axes: [axis({ size: 34, values: (_, ticks) => ticks.map((tick) => day(1_000 * tick)), space: 70 }), axis({ size: 54, values: (_, ticks) => ticks.map(count) })],
    series: [{}, {
      width: 0, fill: () => color("bar"), points: { show: false }, paths: bars({ size: [0.75, 48], radius: 0.12 }),
    }],
  };
}

function withHalfABar(plot, first, last) {
  const half = (last - first) / Math.max(2, 2 * (plot.data[0].length - 1)) || 1_800;
  return [first - half, last + half];
}
