// The calibration plot: of applications that were told so much, how many were hired.
import { axis, chart, color, figuresTable } from "../chart.js";
import { count, counted, percent } from "../format.js";
import { h } from "../dom.js";

const RADIUS_MAX = 13; // CSS pixels; areas are as the numbers of predictions
const RADIUS_MIN = 2.5;

// `draw(tenths)`, as the API has them: { low, high, predictions, predicted, observed }.
export function calibrationPlot(parent) {
  const few = h("p", { class: "panel-notice" }, "Too few predictions have been judged yet for a plot.");
  const drawn = h("div");
  parent.append(h("div", { "data-half": "calibration" },
    h("h3", {}, "Said and came"),
    h("p", { class: "hint" }, "Across: the chance that was told. Up: the share that was hired. On the dashed line they agree. A larger point rests on more predictions; silence for too long counts as not hired."),
    few, drawn));
  const plot = chart(drawn, { height: 260, options: options(), hint: "Point at the plot, or use the arrow keys, to read it." });
  const table = figuresTable(drawn, ["Told between", "Told on average", "Hired", "Predictions"]);
  return (tenths) => {
    few.hidden = tenths.length > 0;
    drawn.hidden = !few.hidden;
    if (drawn.hidden) return;
    plot.draw({
      label: `Calibration plot with ${counted(tenths.length, "point", "points")}. ${tenths.map(telling).join(". ")}.`,
      data: ["predicted", "observed", "predictions"].map((name) => tenths.map((tenth) => tenth[name])),
      read: (index) => telling(tenths[index]),
    });
    table(tenths.map(({ low, high, predicted, observed, predictions }) =>
      [`${percent(low)} to ${percent(high)}`, percent(predicted), percent(observed), count(predictions)]));
  };
}

function telling({ predicted, observed, predictions }) {
  return `Told ${percent(predicted)}, hired ${percent(observed)} (${counted(predictions, "prediction", "predictions")})`;
}

function options() {
  const share = { time: false, range: [0, 1] };
  const shares = { values: (_, ticks) => ticks.map((tick) => `${Math.round(100 * tick)} %`) };
  return {
    scales: { x: share, y: share },
    axes: [axis({ ...shares, size: 34, space: 60 }), axis({ ...shares, size: 50 })],
    series: [
      {},
      { stroke: () => color("accent"), points: { show: false }, paths: () => null },
      { show: false }, // the numbers of predictions, for the sizes
    ],
    hooks: { draw: [drawDiagonal, drawPoints] },
  };
}

const place = (plot, x, y) => [plot.valToPos(x, "x", true), plot.valToPos(y, "y", true)];

function drawDiagonal(plot) {
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = color("line-strong");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(...place(plot, 0, 0));
  ctx.lineTo(...place(plot, 1, 1));
  ctx.stroke();
  ctx.restore();
}

function drawPoints(plot) {
  const { ctx, data: [said, came, sizes] } = plot;
  const most = Math.max(...sizes);
  ctx.save();
  ctx.fillStyle = color("accent-band");
  ctx.strokeStyle = color("accent");
  ctx.lineWidth = 1.5 * devicePixelRatio;
  said.forEach((x, index) => {
    const radius = Math.max(RADIUS_MIN, RADIUS_MAX * Math.sqrt(sizes[index] / most));
    ctx.beginPath();
    ctx.arc(...place(plot, x, came[index]), radius * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
    ctx.stroke();
  });
  ctx.restore();
}
