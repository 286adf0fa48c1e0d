// A panel of the board with its own error boundary: whatever goes wrong inside, asking or
// drawing, is told here with a way to try again, and the other panels go on.
import { clock, day } from "./format.js";
import { h, setText } from "./dom.js";

let numbers = 0;

export class Panel {
  #make;
  #ask;
  #update = null;
  #again = () => {};
  #asked = 0;
  #body = h("div", { class: "panel-body" });
  #notice = h("div", { class: "panel-notice", hidden: true });
  #fresh = h("p", { class: "panel-fresh" });
  #definition = h("p", { class: "panel-definition" });

  // `make(body)` returns `update(data)`, which draws, or returns a sentence why there is nothing
  // to draw. With `ask`, an async function, `load()` fetches the data.
  constructor({ id, title, definition, wide = 6, controls = [], make, ask = null }) {
    this.#make = make;
    this.#ask = ask;
    const name = `panel-${++numbers}`;
    setText(this.#definition, definition);
    this.#say("Loading …");
    this.element = h(
      "section",
      { class: "panel", "aria-labelledby": name, "data-panel": id, "data-wide": wide },
      h("header", { class: "panel-head" },
        h("h2", { id: name }, title),
        h("div", { class: "panel-controls" }, controls)),
      this.#definition,
      this.#notice,
      this.#body,
      this.#fresh,
    );
  }

  // Draw what is at hand.
  show(data) {
    this.#again = () => this.show(data);
    try {
      this.#draw(data);
    } catch (error) {
      this.#fail(error);
    }
  }

  // Ask, then draw. Of two at once the later counts.
  async load() {
    const number = ++this.#asked;
    this.#again = () => this.load();
    this.element.setAttribute("aria-busy", "true");
    try {
      const data = await this.#ask();
      if (number === this.#asked) this.#draw(data);
    } catch (error) {
      if (number === this.#asked) this.#fail(error);
    } finally {
      if (number === this.#asked) this.element.removeAttribute("aria-busy");
    }
  }

  #draw(data) {
    if (this.#update === null) {
      this.#body.replaceChildren();
      this.#update = this.#make(this.#body);
    }
    const nothing = this.#update(data);
    if (typeof nothing === "string") this.#say(nothing);
    else this.#say(null);
    if (data?.freshness) this.#tell(data.freshness);
  }

  #tell({ clock: until }) {
    const today = day(until) === day(Date.now());
    setText(this.#fresh, `Data up to ${today ? "" : `${day(until)}, `}${clock(until)}`);
  }

  // In place of the body; null brings the body back.
  #say(text) {
    this.#notice.hidden = text === null;
    this.#body.hidden = text !== null;
    this.#notice.className = "panel-notice";
    if (this.#notice.textContent !== (text ?? "")) this.#notice.replaceChildren(text ?? "");
  }

  #fail(error) {
    console.error(error);
    this.#update = null; // what is half drawn is not drawn on
    this.#say("");
    this.#notice.className = "panel-notice failed";
    this.#notice.replaceChildren(
      h("div", { role: "alert" },
        h("p", { class: "failed-title" }, "Something went wrong"),
        h("p", {}, error.status === undefined ? "This panel could not be drawn." : error.message),
        error.traceId ? h("p", { class: "trace" }, `Trace ${error.traceId}`) : null),
      h("button", { type: "button", class: "button", onclick: () => this.#again() }, "Try Again"),
    );
  }
}
