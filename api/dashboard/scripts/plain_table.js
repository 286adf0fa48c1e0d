// A table of figures whose first column names the row.
import { h } from "./dom.js";

export function plainTable(label, headings, rows) {
  return h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": label },
    h("table", { class: "plain" },
      h("thead", {}, h("tr", {}, headings.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map(([first, ...others]) =>
        h("tr", {}, h("th", { scope: "row" }, first), others.map((cell) => h("td", {}, cell)))))));
}
