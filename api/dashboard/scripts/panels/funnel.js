// How far applications get: the share that ever reached a stage, and who passes each hop.
import { count, percent } from "../format.js";
import { get } from "../request.js";
import { h, keyed, setText } from "../dom.js";
import { Panel } from "../panel.js";
import { statusName } from "../words.js";

export function funnel({ wide, parameters }) {
  return new Panel({
    id: "funnel", title: "How far they get", wide,
    definition: "Applications that ever reached a stage, as a share of all, and the share of the stage before that went on.",
    make,
    ask: () => get("api/analytics/funnel", parameters()),
  });
}

function make(body) {
  const list = h("ol", { class: "bars funnel" });
  body.append(list);
  return ({ items, scope }) => {
    const all = items[0]?.reached ?? null;
    if (all === null && scope === "all") return "Fewer than 5 applications: too few for figures across users.";
    if (!all) return "No application in this period.";
    keyed(list, items, ({ stage }) => stage, create, (element, { reached, share, passThrough }) => {
      element.querySelector(".bar-fill").style.setProperty("--share", share ?? 0);
      setText(element.querySelector(".bar-number"), count(reached));
      setText(element.querySelector(".bar-note"), percent(share));
      setText(element.querySelector(".bar-hop"), passThrough === null ? "" : `${percent(passThrough)} go on`);
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
