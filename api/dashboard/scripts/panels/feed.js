// Events as they come, newest first. What was before the page was opened is marked as such.
import { clock, instant } from "../format.js";
import { h, keyed } from "../dom.js";
import { Panel } from "../panel.js";
import { jobOf, leadsTo, sentence } from "../words.js";

const SHOWN = 60;

export function feed({ wide, open }) {
  return new Panel({
    id: "feed", title: "Live feed", wide,
    definition: "Every event of your applications, the moment it is recorded.",
    make: (body) => make(body, open),
  });
}

function make(body, open) {
  const list = h("ol");
  body.append(h("div", { class: "feed", role: "log", "aria-label": "Events, newest first", tabindex: "0" }, list));
  return ({ events, rows }) => {
    if (!events.length) return "Nothing has happened yet. The first event appears here by itself.";
    keyed(list, events.slice(0, SHOWN), ({ id, subject }) => `${subject}/${id}`, (event) => create(event, rows, open));
  };
}

function create(event, rows, open) {
  if (event.type === "reset")
    return h("li", { class: "feed-gap" }, "The feed began anew here: events may be missing. What is shown of each application is right.");
  const row = rows.get(event.subject);
  return h("li", { class: event.past ? "feed-item past" : "feed-item new", "data-status": leadsTo(event.type, event.data), "data-event": event.id },
    h("span", { class: "mark", "aria-hidden": "true" }),
    h("div", {},
      h("p", { class: "feed-what" }, sentence(event.type, event.data)),
      h("p", { class: "feed-where" },
        h("button", { type: "button", class: "link", onclick: () => open(event.subject) }, jobOf(row)),
        row?.company ? ` at ${row.company}` : "")),
    h("time", { datetime: event.at }, event.past ? instant(event.at) : clock(event.at)));
}
