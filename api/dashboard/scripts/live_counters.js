// Counters across all applications, and the rate of the last minutes.
import { Live } from "./live.js";

const SAMPLES_KEPT = 120;

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
