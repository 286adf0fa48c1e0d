// How long an answer takes: the Kaplan–Meier curve with its band, and how many still wait.
import { axis, chart, color, figuresTable, stepped } from "../chart.js";
import { count, duration, percent } from "../format.js";
import { get } from "../request.js";
import { h, setText } from "../dom.js";
import { Panel } from "../panel.js";

const MARKS = 5;
const HEADINGS = ["After", "Without an answer", "At least", "At most", "Waiting so long"];

export function response({ wide, parameters }) {
  return new Panel({
    id: "response", title: "How long an answer takes", wide,
    definition: "Share of applications without an answer after so long (Kaplan–Meier, with its 95 % band). Who still waits counts for as long as he has waited.",
    make,
    ask: async () => {
      const chosen = parameters();
      const curve = await get("api/analytics/response-curve", chosen);
      const times = await get("api/analytics/response-times", chosen);
      return { ...curve, whole: times.items[0] };
    },
  });
}

function make(body) {
  const strong = h("strong");
  const rest = h("span");
  const waiting = h("table", { class: "at-risk" });
  body.append(h("p", { class: "headline" }, strong, rest));
  const curve = chart(body, { height: 230, options: options(), hint: "Point at the curve, or use the arrow keys, to read it." });
  body.append(waiting);
  const table = figuresTable(body, HEADINGS);
  return ({ items, whole }) => {
    if (items.length < 2) return "Fewer than 5 applications here: too few for an estimate.";
    const [median, more] = headline(whole);
    setText(strong, median);
    setText(rest, more);
    curve.draw({
      label: `Curve of the share without an answer over the days since the application. ${median}${more}.`,
      data: [items.map(({ hours }) => hours / 24), ...["unanswered", "low", "high"].map((name) => items.map((step) => step[name]))],
      read: (index) => telling(items[index]),
    });
    waiting.replaceChildren(...atRisk(items));
    table(items.map(({ hours, unanswered, low, high, atRisk: number }) =>
      [duration(hours), percent(unanswered), percent(low), percent(high), count(number)]));
    return undefined;
  };
}

function headline({ medianHours, medianLowHours, medianHighHours, answered, waiting }) {
  const numbers = ` · ${count(answered)} answered, ${count(waiting)} still waiting`;
  if (medianHours === null) return ["Fewer than half have an answer", numbers];
  const known = medianLowHours !== null && medianHighHours !== null;
  const band = known ? ` (${duration(medianLowHours)} to ${duration(medianHighHours)})` : "";
  return [duration(medianHours), ` until half have an answer${band}${numbers}`];
}

function telling({ hours, unanswered, low, high, atRisk: number }) {
  return `After ${duration(hours)}: ${percent(unanswered)} without an answer (${percent(low)} to ${percent(high)}), ${count(number)} waiting so long`;
}

function options() {
  const line = { points: { show: false }, paths: stepped({ align: 1 }) };
  return {
    scales: { x: { time: false, range: (_, __, most) => [0, most] }, y: { range: [0, 1] } },
    axes: [
      axis({ values: (_, ticks) => ticks.map((tick) => `${tick} d`), size: 34 }),
      axis({ values: (_, ticks) => ticks.map((tick) => `${Math.round(100 * tick)} %`), size: 50 }),
    ],
    series: [
      {},
      { ...line, stroke: () => color("accent"), width: 2 },
      { ...line, stroke: "transparent" },
      { ...line, stroke: "transparent" },
    ],
    bands: [{ series: [3, 2], fill: () => color("accent-band") }],
  };
}

// How many the curve rests on, along its way: known at its steps only, so each of these is one.
function atRisk(steps) {
  const last = steps.at(-1).hours;
  const marks = Array.from({ length: MARKS }, (_, index) => steps.find(({ hours }) => hours >= (last * index) / MARKS));
  const told = [...new Set(marks)];
  return [
    h("caption", {}, "Waiting at least so long"),
    h("tbody", {},
      h("tr", {}, told.map(({ hours }) => h("th", { scope: "col" }, hours ? duration(hours) : "at first"))),
      h("tr", {}, told.map(({ atRisk: number }) => h("td", {}, count(number))))),
  ];
}
