// Where applications stand at this moment: one bar a status, moving as events come.
import { count, percent } from "../format.js";
import { h, keyed, setText } from "../dom.js";
import { STATUSES } from "../words.js";
import { Panel } from "../panel.js";

export function pipeline(wide, definition) {
  return new Panel({ id: "pipeline", title: "Where they stand now", definition, wide, make });
}

// Data: { status: applications }.
function make(body) {
  const list = h("ol", { class: "bars" });
  body.append(list);
  return (byStatus) => {
    const total = Object.values(byStatus).reduce((sum, number) => sum + number, 0);
    if (total === 0) return "No application yet. The first event that comes fills this in.";
    const most = Math.max(...Object.values(byStatus));
    keyed(list, Object.keys(STATUSES), (status) => status, create, (element, status) => {
      const number = byStatus[status] ?? 0;
      element.querySelector(".bar-fill").style.setProperty("--share", number / most);
      setText(element.querySelector(".bar-number"), count(number));
      setText(element.querySelector(".bar-note"), percent(number / total));
    });
  };
}

function create(status) {
  return h("li", { class: "bar", "data-status": status },
    h("span", { class: "bar-name" }, STATUSES[status]),
    h("span", { class: "bar-track", "aria-hidden": "true" }, h("span", { class: "bar-fill" })),
    h("span", { class: "bar-number" }),
    h("span", { class: "bar-note" }));
}
