// How long applications stay in each stage.
import { count, duration } from "../format.js";
import { get } from "../request.js";
import { h, keyed, setText } from "../dom.js";
import { Panel } from "../panel.js";
import { statusName } from "../words.js";

export function stages({ wide, parameters }) {
  return new Panel({
    id: "stages", title: "Time in stage", wide,
    definition: "Half have left a stage after the median, nine in ten after the second figure. Those still in it count for as long as they have been there.",
    make,
    ask: () => get("api/analytics/stages", parameters()),
  });
}

function make(body) {
  const list = h("ol", { class: "bars stages" });
  body.append(list);
  return ({ items }) => {
    const shown = items.filter(({ entered }) => entered > 0);
    if (!shown.length) return "No application in this period.";
    const most = Math.max(...shown.map(({ medianHours }) => medianHours ?? 0)) || 1;
    keyed(list, shown, ({ stage }) => stage, create, (element, { medianHours, p90Hours, present }) => {
      element.querySelector(".bar-fill").style.setProperty("--share", (medianHours ?? 0) / most);
      setText(element.querySelector(".bar-number"), duration(medianHours));
      setText(element.querySelector(".bar-note"), p90Hours === null ? "" : `90 %: ${duration(p90Hours)}`);
      setText(element.querySelector(".bar-hop"), `${count(present)} in it now`);
    });
  };
}

function create({ stage }) {
  return h("li", { class: "bar", "data-status": stage },
    h("span", { class: "bar-name" }, statusName(stage)),
    h("span", { class: "bar-track", "aria-hidden": "true" }, h("span", { class: "bar-fill" })),
    h("span", { class: "bar-number" }),
    h("span", { class: "bar-note" }),
    h("span", { class: "bar-hop" }));
}
