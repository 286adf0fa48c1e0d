// What an analyst sees: counters of everything live, and figures across all applications.
import { Board } from "./board.js";
import { breakdown } from "./panels/breakdown.js";
import { CLOSED } from "./words.js";
import { count, rate } from "./format.js";
import { Counters } from "./live_counters.js";
import { funnel } from "./panels/funnel.js";
import { ghostedCompanies } from "./panels/ghosted.js";
import { makeFigures } from "./panels/figures.js";
import { Panel } from "./panel.js";
import { pipeline } from "./panels/pipeline.js";
import { predictions } from "./panels/predictions.js";
import { response } from "./panels/response.js";
import { sparkline } from "./sparkline.js";
import { stages } from "./panels/stages.js";
import { volume } from "./panels/volume.js";

// Fills `parent`; returns a function that ends it.
export function showAnalystBoard(parent, tellState) {
  const live = new Counters();
  const board = new Board(parent, {});
  const { parameters } = board;
  const rates = sparkline("Events per second, over the last minute");
  const strip = new Panel({ id: "figures", title: "At a glance", wide: 12, make: makeFigures,
    definition: "Accepted, duplicate and refused events are each counted once, by where they came from." });
  const standing = pipeline(5, "All applications at this moment, whatever is chosen above.");
  board.live("Live", strip);
  board.asked("Across all applications", [standing],
    funnel({ wide: 7, parameters }),
    response({ wide: 7, parameters }), stages({ wide: 5, parameters }),
    breakdown({ wide: 7, parameters }), ghostedCompanies({ wide: 5, parameters }),
    volume({ wide: 12, parameters }), predictions({ wide: 12 }));

  live.onState(tellState);
  live.subscribe(({ counters, rates: samples }) => {
    rates.draw(samples);
    strip.show(headlines(counters, rates.element));
    standing.show(counters.byStatus);
  });
  live.start();
  return () => {
    live.stop();
    board.close();
  };
}

function headlines(counters, rates) {
  const open = Object.entries(counters.byStatus).reduce((sum, [status, number]) => sum + (CLOSED.has(status) ? 0 : number), 0);
  return [
    { name: "Applications", value: count(counters.applications), note: "in all" },
    { name: "Open", value: count(open), note: "not decided yet" },
    { name: "Events", value: count(counters.accepted), note: "accepted, each counted once" },
    { name: "Events per second", value: rate(counters.eventsPerSecond), note: "mean of the last 10 s", extra: rates },
    { name: "Waiting", value: count(counters.waiting), note: "taken in, not yet folded" },
    { name: "Refused", value: count(counters.deadLettered), note: `dead letters; ${count(counters.duplicates)} duplicates` },
  ];
}
