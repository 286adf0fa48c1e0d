// The learning curve: what the predictions of each day cost, beside those of the baselines.
import { axis, chart, color, figuresTable } from "../chart.js";
import { count, counted, day, midnight, score } from "../format.js";
import { h } from "../dom.js";

const PREDICTORS = {
  served: ["what was told", "accent", 2, []],
  stageRate: ["the share of the stage", "warn", 1.5, [6, 4]],
  baseRate: ["the share of all", "line-strong", 1.5, [2, 3]],
};

// `draw(days)`, as the API has them: { start, served, stageRate, baseRate }, measures or null.
export function learningCurve(parent) {
  const few = h("p", { class: "panel-notice" }, "No two days have 5 judged predictions each yet: too few for a curve.");
  const drawn = h("div");
  parent.append(h("div", { "data-half": "learning" },
    h("h3", {}, "Learning curve"),
    h("p", { class: "hint" }, "Log loss of the predictions made on a day, judged by answers that came later; lower is better. Days with fewer than 5 are left out."),
    few, drawn));
  drawn.append(h("ul", { class: "legend" }, Object.entries(PREDICTORS).map(([name, [words]]) => h("li", { "data-line": name }, words))));
  const curve = chart(drawn, { height: 236, options: options(), hint: "Point at a line, or use the arrow keys, to read it." });
  const table = figuresTable(drawn, ["Day", ...Object.values(PREDICTORS).map(([words]) => sentenceCase(words)), "Predictions"]);
  return (days) => {
    const shown = days.filter(({ served }) => served !== null);
    few.hidden = shown.length > 1;
    drawn.hidden = !few.hidden;
    if (drawn.hidden) return;
    const losses = (one) => Object.keys(PREDICTORS).map((name) => one[name].logLoss);
    const [first, last] = [shown[0], shown.at(-1)];
    curve.draw({
      label: `Lines of log loss over ${count(shown.length)} days: ${score(first.served.logLoss)} on the first, ${score(last.served.logLoss)} on the last.`,
      data: [shown.map(({ start }) => midnight(start) / 1_000), ...Object.keys(PREDICTORS).map((name) => shown.map((one) => one[name].logLoss))],
      read: (index) => telling(shown[index]),
    });
    table(shown.map((one) => [day(midnight(one.start)), ...losses(one).map(score), count(one.served.predictions)]));
  };
}

const sentenceCase = (words) => words[0].toUpperCase() + words.slice(1);

function telling(one) {
  const losses = Object.entries(PREDICTORS).map(([name, [words]]) => `${words} ${score(one[name].logLoss)}`);
  return `${day(midnight(one.start))}: ${losses.join(", ")} (${counted(one.served.predictions, "prediction", "predictions")})`;
}

function options() {
  return {
    scales: { y: { range: (_, __, most) => [0, most * 1.05 || 1] } },
    axes: [
      axis({ size: 34, values: (_, ticks) => ticks.map((tick) => day(1_000 * tick)), space: 70 }),
      axis({ size: 50, values: (_, ticks) => ticks.map(score) }),
    ],
    series: [{}, ...Object.values(PREDICTORS).map(([, name, width, dash]) => ({ stroke: () => color(name), width, dash, points: { show: false } }))],
  };
}
