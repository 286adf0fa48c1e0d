// How long applications stay in each stage.
import { bars } from "../bars.js";
import { count, duration } from "../format.js";
import { get } from "../request.js";
import { Panel } from "../panel.js";

export function stages({ wide, parameters }) {
  return new Panel({
    id: "stages", title: "Time in stage", wide,
    definition: "Half have left a stage after the median, nine in ten after the second figure. Those still in it count for as long as they have been there.",
    make,
    ask: () => get("api/analytics/stages", parameters()),
  });
}

function make(body) {
  let most = 1;
  const draw = bars(body, "stages", ({ medianHours, p90Hours, present }) => ({
    share: (medianHours ?? 0) / most,
    number: duration(medianHours),
    note: p90Hours === null ? "" : `90 %: ${duration(p90Hours)}`,
    hop: `${count(present)} in it now`,
  }));
  return ({ items }) => {
    const shown = items.filter(({ entered }) => entered > 0);
    if (!shown.length && items.some(({ entered }) => entered === null)) return "Fewer than 5 applications in any stage: too few for figures across users.";
    if (!shown.length) return "No application in this period.";
    most = Math.max(...shown.map(({ medianHours }) => medianHours ?? 0)) || 1;
    draw(shown);
    return undefined;
  };
}
