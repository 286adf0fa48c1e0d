// Bars of stages, one below the other: `textsOf(item)` gives a bar's share of the longest one,
// its number, a note beside it and what is said of the hop to the next.
import { h, keyed, setText } from "./dom.js";
import { statusName } from "./words.js";

export function bars(body, name, textsOf) {
  const list = h("ol", { class: `bars ${name}` });
  body.append(list);
  return (items) => keyed(list, items, ({ stage }) => stage, create, (element, item) => {
    const { share, number, note, hop } = textsOf(item);
    element.querySelector(".bar-fill").style.setProperty("--share", share ?? 0);
    setText(element.querySelector(".bar-number"), number);
    setText(element.querySelector(".bar-note"), note);
    setText(element.querySelector(".bar-hop"), hop);
  });
}

function create({ stage }) {
  return h("li", { class: "bar", "data-status": stage },
    h("span", { class: "bar-name" }, statusName(stage)),
    h("span", { class: "bar-track", "aria-hidden": "true" }, h("span", { class: "bar-fill" })),
    h("span", { class: "bar-number" }),
    h("span", { class: "bar-note" }),
    h("span", { class: "bar-hop" }));
}
