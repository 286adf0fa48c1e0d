// How far applications get: the share that ever reached a stage, and who passes each hop.
import { bars } from "../bars.js";
import { count, percent } from "../format.js";
import { get } from "../request.js";
import { Panel } from "../panel.js";

export function funnel({ wide, parameters }) {
  return new Panel({
    id: "funnel", title: "How far they get", wide,
    definition: "Applications that ever reached a stage, as a share of all, and the share of the stage before that went on.",
    make,
    ask: () => get("api/analytics/funnel", parameters()),
  });
}

function make(body) {
  const draw = bars(body, "funnel", ({ reached, share, passThrough }) => ({
    share,
    number: count(reached),
    note: percent(share),
    hop: passThrough === null ? "" : `${percent(passThrough)} go on`,
  }));
  return ({ items, scope }) => {
    const all = items[0]?.reached ?? null;
    if (all === null && scope === "all") return "Fewer than 5 applications: too few for figures across users.";
    if (!all) return "No application in this period.";
    draw(items);
    return undefined;
  };
}
