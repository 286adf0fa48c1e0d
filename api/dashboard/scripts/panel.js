// A panel of the board with its own error boundary: whatever goes wrong inside, asking or
// drawing, is told here with a way to try again, and the other panels go on.
import { clock, day } from "./format.js";
import { h, setText } from "./dom.js";

// The server is away or has no time: it may be otherwise in a moment.
const PASSING = new Set([0, 429, 502, 503, 504]);

let numbers = 0;

export class Panel {
  #make;
  #ask;
  #update = null;
  #again = () => {};
  #asked = 0;
  #current = false; // what is drawn answers the present question
  #body = h("div", { class: "panel-body" });
  #notice = h("div", { class: "panel-notice", hidden: true });
  #fresh = h("p", { class: "panel-fresh" });
  #stale = h("p", { class: "panel-stale" });
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
      this.#stale,
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

  // The question is another one now, `load` follows: what is drawn or on its way does not answer it.
  outdate() {
    this.#asked += 1;
    this.#current = false;
    this.element.setAttribute("aria-busy", "true");
  }

  // Ask another question.
  renew() {
    this.outdate();
    return this.load();
  }

  // Ask, then draw. Of two at once the later counts. What is drawn stays while the server is away
  // or busy. Resolves to the seconds after which a busy one wants to be asked again, else to null.
  async load() {
    const number = ++this.#asked;
    this.#again = () => this.load();
    this.element.setAttribute("aria-busy", "true");
    try {
      const data = await this.#ask();
      if (number !== this.#asked) return null;
      this.#draw(data);
      this.#current = true;
      return null;
    } catch (error) {
      if (number !== this.#asked) return null;
      if (this.#current && PASSING.has(error.status)) this.#keep(error);
      else this.#fail(error);
      return error.retryAfterS ?? null;
    } finally {
      if (number === this.#asked) this.element.removeAttribute("aria-busy");
    }
  }

  #draw(data) {
    if (this.#update === null) {
      this.#body.replaceChildren();
      this.#update = this.#make(this.#body);
    }
    setText(this.#stale, "");
    const nothing = this.#update(data);
    if (typeof nothing === "string") this.#say(nothing);
    else this.#say(null);
    if (data?.freshness) this.#tell(data.freshness);
  }

  #tell({ clock: until }) {
    if (Date.parse(until) <= 0) return setText(this.#fresh, "No event yet");
    const today = day(until) === day(Date.now());
    return setText(this.#fresh, `Data up to ${today ? "" : `${day(until)}, `}${clock(until)}`);
  }

  // What is drawn stays, with a note.
  #keep({ status }) {
    const why = status === 0 ? "the server cannot be reached" : "the server is busy";
    setText(this.#stale, `Not renewed just now: ${why}.`);
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
    this.#current = false;
    setText(this.#stale, "");
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
