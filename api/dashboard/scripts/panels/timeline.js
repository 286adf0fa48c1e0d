// One application's story from its first event on, and how long each step took.
import { chanceStory } from "./chance.js";
import { duration, instant } from "../format.js";
import { get } from "../request.js";
import { h, keyed, setText } from "../dom.js";
import { Panel } from "../panel.js";
import { jobOf, leadsTo, sentence, statusName } from "../words.js";

const LIMIT = 100;

// `of()` resolves to { row, chance, heard } of the application whose story it is, undefined for none.
export function timeline({ wide, of }) {
  return new Panel({
    id: "timeline", title: "Timeline", wide,
    definition: "Every event that counts, in the order in which things happened; corrected ones are left out.",
    make,
    ask: async () => {
      const subject = await of();
      if (subject === undefined) return null;
      const path = `api/applications/${encodeURIComponent(subject.row.applicationId)}/timeline`;
      const page = await get(path, { limit: LIMIT });
      return { ...subject, items: page.items, more: page.total - page.items.length };
    },
  });
}

function make(body) {
  const title = h("p", { class: "story-title" });
  const list = h("ol", { class: "story", tabindex: "0", "aria-label": "Timeline" });
  const rest = h("p", { class: "hint" });
  body.append(title);
  const drawChance = chanceStory(body);
  body.append(list, rest);
  return (data) => {
    if (data === null) return "Choose an application to see its story.";
    const { row, items, more } = data;
    title.replaceChildren(
      h("strong", {}, jobOf(row)), row.company ? ` at ${row.company} ` : " ",
      h("span", { class: "chip", "data-status": row.status }, statusName(row.status)));
    drawChance(data);
    const steps = items.map((item, index) => ({ item, before: items[index - 1] }));
    keyed(list, steps, ({ item }) => item.eventId, create, update);
    setText(rest, more > 0 ? `And ${more} more.` : "");
    return undefined;
  };
}

function create({ item }) {
  return h("li", { "data-status": leadsTo(item.type, item.data), "data-event": item.eventId },
    h("span", { class: "mark", "aria-hidden": "true" }),
    h("p", { class: "story-what" }, sentence(item.type, item.data)),
    h("p", { class: "story-when" }, h("time", { datetime: item.at }, instant(item.at)), h("span")));
}

function update(element, { item, before }) {
  const hours = before ? (Date.parse(item.at) - Date.parse(before.at)) / 3_600_000 : 0;
  const notes = [hours >= 1 / 60 ? `${duration(hours)} later` : null, item.pending ? "being recorded" : null];
  setText(element.querySelector(".story-when span"), notes.filter(Boolean).map((note) => ` · ${note}`).join(""));
}
