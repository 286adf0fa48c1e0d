// One's own applications: `rows` as the server has them, `chances` of being hired by application,
// `events` newest first.
import { Chances } from "./chances.js";
import { get } from "./request.js";
import { Live } from "./live.js";

const EVENTS_KEPT = 200;
const LISTED = 100;
const PAGES_MAX = 20; // each counts against the user's limit of requests
const AGAIN_S = 10;

export class Applications extends Live {
  rows = new Map();
  chances = new Chances();
  events = [];
  ready = false;
  // Settles once the chances of the beginning are known, or could not be had.
  asked = Promise.resolve();
  #updated = new Set();
  #arriving = new Map();
  #ended = false;

  start() {
    super.start("api/stream?snapshot=true");
  }

  // `listener(applicationId)` after each event, and each change of a row or of its chance.
  onUpdate(listener) {
    this.#updated.add(listener);
  }

  receive({ event, data }) {
    if (event === "heartbeat") return;
    if (event === "reset") this.#reset(data);
    else if (event === "snapshot") this.#begin(data);
    else if (event === "application.analytics_updated") this.#update(data.data);
    else this.#add(eventOf(data));
    if (this.ready) this.changed();
  }

  stop() {
    this.#ended = true;
    super.stop();
    this.#updated.clear();
  }

  // What was known before is seen until all of the snapshot is there.
  #begin({ applications, more }) {
    for (const row of applications) this.#arriving.set(row.applicationId, row);
    if (more) return;
    this.rows = this.#arriving;
    this.#arriving = new Map();
    this.chances.clear();
    if (!this.events.length) this.events = past(this.rows.values());
    this.ready = true;
    this.asked = this.#askChances();
  }

  #update({ analytics, successProbability }) {
    this.#keep(analytics);
    this.chances.set(analytics.applicationId, successProbability);
    this.#tell(analytics.applicationId);
  }

  #tell(applicationId) {
    for (const listener of this.#updated) listener(applicationId);
  }

  // The snapshot has no chances; what came by the stream meanwhile is newer than the list. Settles
  // after the first page, the others follow.
  async #askChances(rows = this.rows, pages = PAGES_MAX, cursor = null) {
    const outdated = () => this.#ended || this.rows !== rows;
    const later = (seconds, ...from) => setTimeout(() => this.#askChances(rows, ...from), 1_000 * seconds);
    if (outdated()) return;
    try {
      const { items, next } = await get("api/applications", { limit: LISTED, cursor });
      if (outdated()) return;
      for (const { id, analytics } of items) {
        if (!this.chances.has(id)) this.chances.set(id, analytics?.successProbability);
        this.#tell(id);
      }
      this.changed();
      if (next && pages > 1) later(0, pages - 1, next);
    } catch (error) {
      later(Math.max(AGAIN_S, error.retryAfterS ?? 0), pages, cursor);
    }
  }

  #keep(row) {
    const known = this.rows.get(row.applicationId);
    if (row.revision >= (known?.revision ?? 0)) this.rows.set(row.applicationId, row);
  }

  #add(event) {
    this.events.unshift(event);
    this.events.length = Math.min(this.events.length, EVENTS_KEPT);
    this.#tell(event.subject);
  }

  #reset({ reason }) {
    this.#arriving = new Map();
    const at = new Date();
    this.#add({ id: `reset-${at.getTime()}`, type: "reset", at: at.toISOString(), data: { reason }, heardAt: at.getTime(), mends: true });
  }
}

// `mends`: it corrects or retracts another one.
function eventOf({ id, type, time, subject, data, corrects, retracts }) {
  return { id, type, at: time, subject, data, heardAt: Date.now(), mends: Boolean(corrects ?? retracts) };
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
