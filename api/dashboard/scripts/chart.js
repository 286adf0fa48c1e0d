// uPlot in a panel: as wide as its place, in the colours of the theme, with a readout of where
// the pointer or the arrow keys are.
import { h, setText } from "./dom.js";
import { CHANGED } from "./theme.js";

const { uPlot } = window;
const FONT = '12px "Inter Variable", system-ui, sans-serif';
const LEAST_WIDTH = 200;

export const { bars, stepped } = uPlot.paths;
export const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function axis(options) {
  return {
    stroke: () => color("ink-soft"),
    font: FONT,
    grid: { stroke: () => color("line"), width: 1 },
    ticks: { show: false },
    ...options,
  };
}

// A chart in `parent`. Its `draw({ data, label, read })` takes uPlot's columns, what the chart
// shows for who cannot see it, and what the readout says of the point at an index.
export function chart(parent, { options, height, hint }) {
  const place = h("div", { class: "chart", role: "img", tabindex: "0" });
  const readout = h("p", { class: "readout" });
  parent.append(place, readout);
  place.addEventListener("focus", () => (readout.ariaLive = "polite")); // who moves by keys hears it
  place.addEventListener("blur", () => (readout.ariaLive = null));
  let plot = null;
  let read = () => "";

  function tell() {
    const index = plot.cursor.idx;
    setText(readout, index === null || index === undefined ? hint : read(index));
  }

  function begin(data) {
    plot = new uPlot({
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      padding: [8, 22, 0, 0],
      ...options,
      width: Math.max(LEAST_WIDTH, place.clientWidth),
      height,
    }, data, place);
    (plot.hooks.setCursor ??= []).push(tell);
    new ResizeObserver(() => {
      const width = Math.max(LEAST_WIDTH, place.clientWidth);
      if (place.clientWidth && width !== plot.width) plot.setSize({ width, height });
    }).observe(place);
    const recolor = () => (place.isConnected ? plot.redraw() : window.removeEventListener(CHANGED, recolor));
    window.addEventListener(CHANGED, recolor);
    place.addEventListener("keydown", (event) => move(plot, event));
  }

  return {
    draw({ data, label, read: of }) {
      read = of;
      place.setAttribute("aria-label", label);
      if (plot === null) begin(data);
      else plot.setData(data);
      tell();
    },
  };
}

// The arrow keys go from point to point.
function move(plot, event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const last = plot.data[0].length - 1;
  const from = plot.cursor.idx ?? (step > 0 ? -1 : last + 1);
  const index = Math.min(last, Math.max(0, from + step));
  plot.setCursor({ left: plot.valToPos(plot.data[0][index], "x"), top: 10 });
}

// The same figures for who would rather read them; filled while it is open.
export function figuresTable(parent, headings) {
  const rowsOf = h("tbody");
  const folded = h("details", { class: "as-table" }, h("summary", {}, "Show as a table"),
    h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Table" },
      h("table", { class: "figures" },
        h("thead", {}, h("tr", {}, headings.map((text) => h("th", { scope: "col" }, text)))),
        rowsOf)));
  parent.append(folded);
  let rows = [];
  const fill = () => folded.open && rowsOf.replaceChildren(
    ...rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))));
  folded.addEventListener("toggle", fill);
  return (news) => {
    rows = news;
    fill();
  };
}
