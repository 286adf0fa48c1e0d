// The strip of headline figures: a number with its unit, and below it what is counted.
import { h, keyed, setText } from "../dom.js";

// `make` of a panel whose data is [{ name, value, note, extra? }]; `extra` is an element, kept.
export function makeFigures(body) {
  const list = h("dl", { class: "figures-strip" });
  body.append(list);
  return (figures) => {
    keyed(list, figures, ({ name }) => name, createFigure, (element, { value, note }) => {
      setText(element.querySelector(".figure-value"), value);
      setText(element.querySelector(".figure-note"), note);
    });
  };
}

function createFigure({ name, extra }) {
  return h("div", { class: "figure" },
    h("dt", {}, name),
    h("dd", {}, h("span", { class: "figure-value" }), extra ?? null),
    h("dd", { class: "figure-note" }));
}
