// The board: panels in sections.
import { h } from "./dom.js";

export class Board {
  #parent;

  constructor(parent) {
    this.#parent = parent;
  }

  // Panels that are fed by the stream.
  live(name, ...panels) {
    this.#parent.append(
      h("section", { class: "section", "aria-label": name },
        h("div", { class: "grid" }, panels.map((panel) => panel.element))));
  }
}
