// The board: panels in sections, the figures' filters, and their being asked again.
import { filters } from "./filters.js";
import { h } from "./dom.js";

const EVERY_MS = 30_000;

export class Board {
  #parent;
  #filters;
  #asked = [];
  #timer = null;
  parameters;

  // `fixed` goes with every question.
  constructor(parent, fixed) {
    this.#parent = parent;
    this.#filters = filters(fixed, () => this.#load());
    this.parameters = () => ({ ...this.#filters.parameters(), ...fixed });
  }

  // Panels that are fed by the stream.
  live(name, ...panels) {
    this.#section(name, null, panels);
  }

  // Panels that ask, behind `others` that do not; again every half minute while somebody looks.
  asked(name, others, ...panels) {
    this.#asked.push(...panels);
    this.#section(name, this.#filters.element, [...others, ...panels]);
    this.#load();
    this.#timer ??= setInterval(() => document.hidden || this.#load(), EVERY_MS);
  }

  close() {
    clearInterval(this.#timer);
  }

  #load() {
    for (const panel of this.#asked) panel.load();
  }

  #section(name, controls, panels) {
    this.#parent.append(
      h("section", { class: "section", "aria-label": name },
        controls && h("div", { class: "section-head" }, h("h1", {}, name), controls),
        h("div", { class: "grid" }, panels.map((panel) => panel.element))));
  }
}
