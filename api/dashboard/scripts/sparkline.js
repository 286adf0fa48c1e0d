// A line without axes, for the course of a figure that stands beside it.
import { svg } from "./dom.js";

const WIDTH = 120;
const HEIGHT = 28;

export function sparkline(label) {
  const line = svg("polyline", { class: "sparkline-line" });
  const element = svg("svg", {
    class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label,
  }, line);
  return {
    element,
    draw(values) {
      const most = Math.max(...values, 1);
      const step = WIDTH / Math.max(1, values.length - 1);
      const points = values.map((value, index) => `${(index * step).toFixed(1)},${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`);
      line.setAttribute("points", points.join(" "));
    },
  };
}
