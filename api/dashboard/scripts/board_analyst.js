// What an analyst sees: counters of everything, live.
import { Board } from "./board.js";
import { CLOSED } from "./words.js";
import { count, rate } from "./format.js";
import { Counters } from "./live.js";
import { makeFigures } from "./panels/figures.js";
import { Panel } from "./panel.js";
import { pipeline } from "./panels/pipeline.js";
import { sparkline } from "./sparkline.js";

// Fills `parent`; returns a function that ends it.
export function showAnalystBoard(parent, tellState) {
  const live = new Counters();
  const board = new Board(parent);
  const rates = sparkline("Events per second, over the last minute");
  const strip = new Panel({ id: "figures", title: "Everything, live", wide: 12, make: makeFigures,
    definition: "Accepted, duplicate and refused events are each counted once, by where they came from." });
  const standing = pipeline(12, "All applications by their present status.");
  board.live("Live", strip, standing);

  live.onState(tellState);
  live.subscribe(({ counters, rates: samples }) => {
    rates.draw(samples);
    strip.show(headlines(counters, rates.element));
    standing.show(counters.byStatus);
  });
  live.start();
  return () => live.stop();
}

function headlines(counters, rates) {
  const open = Object.entries(counters.byStatus).reduce((sum, [status, number]) => sum + (CLOSED.has(status) ? 0 : number), 0);
  return [
    { name: "Applications", value: count(counters.applications), note: "in all" },
    { name: "Open", value: count(open), note: "not hired, rejected or withdrawn" },
    { name: "Events", value: count(counters.accepted), note: "accepted, each counted once" },
    { name: "Events per second", value: rate(counters.eventsPerSecond), note: "mean of the last 10 s", extra: rates },
    { name: "Waiting", value: count(counters.waiting), note: "taken in, not yet folded" },
    { name: "Refused", value: count(counters.deadLettered), note: `dead letters; ${count(counters.duplicates)} duplicates` },
  ];
}
