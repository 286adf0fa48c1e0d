// What the live streams say, kept for the panels. Listeners hear of changes once a frame.
import { Chances } from "./chances.js";
import { follow } from "./stream.js";
import { get } from "./request.js";

const EVENTS_KEPT = 200;
const SAMPLES_KEPT = 120;
const LISTED = 100;

class Live {
  #listeners = new Set();
  #stateListeners = new Set();
  #due = false;
  #end = () => {};
  state = "connecting";

  // `listener(this)` after each change, and at once when there is something to see.
  subscribe(listener) {
    this.#listeners.add(listener);
    if (this.ready) listener(this);
  }

  onState(listener) {
    this.#stateListeners.add(listener);
  }

  start(path) {
    this.#end = follow(path, {
      onFrame: (frame) => this.receive(frame),
      onState: (state) => {
        this.state = state;
        for (const listener of this.#stateListeners) listener(state);
      },
    });
  }

  stop() {
    this.#end();
    this.#listeners.clear();
    this.#stateListeners.clear();
  }

  changed() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      for (const listener of this.#listeners) listener(this);
    });
  }
}

// One's own applications: `rows` as the server has them, `chances` of being hired by application,
// `events` newest first.
export class Applications extends Live {
  rows = new Map();
  chances = new Chances();
  events = [];
  ready = false;
  // Settles once the chances of the beginning are known, or could not be had.
  asked = Promise.resolve();
  #updated = new Set();

  start() {
    super.start("api/stream?snapshot=true");
  }

  // `listener(applicationId)` after each change of a row or of its chance.
  onUpdate(listener) {
    this.#updated.add(listener);
  }

  receive({ event, data }) {
    if (event === "heartbeat") return;
    if (event === "reset") this.#reset(data);
    else if (event === "snapshot") this.#begin(data);
    else if (event === "application.analytics_updated") this.#update(data.data);
    else this.#add({ id: data.id, type: data.type, at: data.time, subject: data.subject, data: data.data });
    if (this.ready) this.changed();
  }

  stop() {
    super.stop();
    this.#updated.clear();
  }

  #begin({ applications, more }) {
    applications.forEach((row) => this.#keep(row));
    if (more) return;
    if (!this.events.length) this.events = past(this.rows.values());
    this.ready = true;
    this.asked = this.#askChances();
  }

  #update({ analytics, successProbability }) {
    this.#keep(analytics);
    this.chances.set(analytics.applicationId, successProbability);
    for (const listener of this.#updated) listener(analytics.applicationId);
  }

  // The snapshot has no chances; what came by the stream meanwhile is newer than the list.
  async #askChances() {
    const { items } = await get("api/applications", { limit: LISTED }).catch(() => ({ items: [] }));
    for (const { id, analytics } of items)
      if (!this.chances.has(id)) this.chances.set(id, analytics.successProbability);
    this.changed();
  }

  #keep(row) {
    const known = this.rows.get(row.applicationId);
    if (row.revision >= (known?.revision ?? 0)) this.rows.set(row.applicationId, row);
  }

  #add(event) {
    this.events.unshift(event);
    this.events.length = Math.min(this.events.length, EVENTS_KEPT);
  }

  #reset({ reason }) {
    this.rows.clear();
    this.chances.clear();
    this.#add({ id: `reset-${Date.now()}`, type: "reset", at: new Date().toISOString(), data: { reason } });
  }
}

// Status changes that the rows remember, as events that came before the page was opened.
function past(rows) {
  const changes = [...rows].flatMap((row) =>
    row.statusChanges.map(({ from, to, at }) => ({
      id: `${row.applicationId}:${at}:${to}`,
      type: from === null ? "application.created" : "application.status_changed",
      at, subject: row.applicationId, data: { newStatus: to }, past: true,
    })),
  );
  return changes.sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, 30);
}

// Counters across all applications, and the rate of the last minutes.
export class Counters extends Live {
  counters = null;
  rates = [];

  get ready() {
    return this.counters !== null;
  }

  start() {
    super.start("api/analytics/stream");
  }

  receive({ event, data }) {
    if (event !== "counters") return;
    this.counters = data;
    this.rates.push(data.eventsPerSecond);
    if (this.rates.length > SAMPLES_KEPT) this.rates.shift();
    this.changed();
  }
}
