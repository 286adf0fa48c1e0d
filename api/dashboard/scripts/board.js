// The board: panels in sections, the figures' filters, and their being asked again.
import { filters } from "./filters.js";
import { h } from "./dom.js";

const EVERY_MS = 30_000;
const AT_ONCE = 2; // as many as the server answers at once

export class Board {
  #parent;
  #filters;
  #panels = [];
  #asked = [];
  #waiting = new Set();
  #asking = 0;
  #timer = null;
  parameters;

  // `fixed` goes with every question.
  constructor(parent, fixed) {
    this.#parent = parent;
    this.#filters = filters(fixed, () => this.#renew());
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
    this.#asked.length = 0;
    this.#waiting.clear();
    for (const panel of this.#panels) panel.outdate();
  }

  #renew() {
    for (const panel of this.#asked) panel.outdate();
    this.#load();
  }

  #load(panels = this.#asked) {
    for (const panel of panels) this.#waiting.add(panel);
    while (this.#asking < AT_ONCE && this.#waiting.size) this.#ask();
  }

  // One after another, until none waits.
  async #ask() {
    this.#asking += 1;
    for (const panel of this.#waiting) {
      this.#waiting.delete(panel);
      const againS = await panel.load();
      if (againS !== null && 1_000 * againS < EVERY_MS)
        setTimeout(() => this.#load(this.#asked.filter((one) => one === panel)), 1_000 * againS);
    }
    this.#asking -= 1;
  }

  #section(name, controls, panels) {
    this.#panels.push(...panels);
    this.#parent.append(
      h("section", { class: "section", "aria-label": name },
        controls && h("div", { class: "section-head" }, h("h1", {}, name), controls),
        h("div", { class: "grid" }, panels.map((panel) => panel.element))));
  }
}
