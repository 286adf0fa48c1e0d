// What the model says of one application: how likely, why, and what it said before.
import { axis, chart, color, figuresTable, stepped } from "../chart.js";
import { counted, instant, percent } from "../format.js";
import { h, setText } from "../dom.js";
import { CLOSED, FACTORS } from "../words.js";

const TAIL = 0.05; // of the whole
const TAIL_MIN_S = 600;

// `draw({ row, chance, heard })`; a chance is { p, low, high, coldStart, computedAt, factors: [{ factor, effect }] }.
export function chanceStory(parent) {
  const now = h("p", { class: "chance-told" });
  const factors = h("ul", { class: "factors", "aria-label": "What moves this chance most" });
  const since = h("p", { class: "hint" });
  const drawn = h("div", { class: "chance-course" });
  parent.append(h("div", { class: "chance-story" }, now, factors, drawn, since));
  const course = chart(drawn, { height: 130, options: options(), hint: "Point at the line, or use the arrow keys, to read it." });
  const table = figuresTable(drawn, ["At", "Chance", "At least", "At most"]);
  return ({ row, chance, heard }) => {
    setText(now, told(row, chance));
    factors.replaceChildren(...(chance?.factors ?? []).map(factorItem));
    drawn.hidden = heard.length < 2;
    setText(since, sinceWhen(chance, heard));
    if (drawn.hidden) return;
    course.draw({
      label: `The chance over time, with its interval: ${percent(heard[0].p)} at first, ${percent(heard.at(-1).p)} at last.`,
      data: columns(heard),
      read: (index) => reading(heard[Math.min(index, heard.length - 1)]),
    });
    table(heard.map(({ computedAt, p, low, high }) => [instant(computedAt), percent(p), percent(low), percent(high)]));
  };
}

// With a last point behind them: the newest stands until the next is told.
function columns(heard) {
  const times = heard.map(({ computedAt }) => Date.parse(computedAt) / 1_000);
  const tail = Math.max(TAIL_MIN_S, TAIL * (times.at(-1) - times[0]));
  return [[...times, times.at(-1) + tail], ...["p", "low", "high"].map((name) => [...heard, heard.at(-1)].map((one) => one[name]))];
}

const reading = (one) => `${instant(one.computedAt)}: ${withInterval(one)}`;

const withInterval = ({ p, low, high }) => `${percent(p)} (${percent(low)} to ${percent(high)})`;

function told(row, chance) {
  if (!chance) return CLOSED.has(row.status) ? "Decided: there is nothing left to predict." : "";
  const begin = `Chance of being hired ${withInterval(chance)}`;
  if (chance.coldStart) return `${begin}: too few outcomes are known yet to tell applications apart.`;
  return chance.factors.length ? `${begin}. Against the mean application it is moved most by:` : `${begin}.`;
}

function factorItem({ factor, effect }) {
  const points = Math.round(100 * Math.abs(effect));
  const moved = points ? `${effect > 0 ? "+" : "−"}${counted(points, "point", "points")}` : "less than a point";
  return h("li", {}, `${FACTORS[factor] ?? factor} (${moved})`);
}

// The API tells the newest only, so the course is what this page has heard itself.
function sinceWhen(chance, heard) {
  if (heard.length > 1) return "What this page has heard since it was opened; what was said before is not shown.";
  return chance ? "Its course is drawn here once it changes, from when this page was opened." : "";
}

function options() {
  const line = { points: { show: false }, paths: stepped({ align: 1 }) };
  return {
    scales: {
      x: { range: (_, first, last) => [first, last] },
      y: { range: (_, __, most) => [0, Math.min(1, most * 1.1)] },
    },
    axes: [
      axis({ size: 34, values: (_, ticks) => ticks.map((tick) => instant(1_000 * tick)), space: 110 }),
      axis({ size: 50, values: (_, ticks) => ticks.map(percent), space: 26 }),
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
