// One application's story from its first event on, and how long each step took.
import { chanceStory } from "./chance.js";
import { count, counted, duration, instant } from "../format.js";
import { get } from "../request.js";
import { h, keyed, setText } from "../dom.js";
import { Panel } from "../panel.js";
import { jobOf, leadsTo, sentence, statusName } from "../words.js";

const LIMIT = 100;
const REREAD_MS = 30_000; // each counts against the user's limit of requests

// `of()` resolves to { row, chance, heard, news } of the application whose story it is, undefined
// for none; news are events of the stream. The story is read when another application is chosen
// and, while news come, every half minute; until then they are added to what was read.
export function timeline({ wide, of }) {
  let told = null;
  let due = null;
  const panel = new Panel({
    id: "timeline", title: "Timeline", wide,
    definition: "Every event that counts, in the order in which things happened; corrected ones are left out.",
    make,
    ask: async () => {
      const subject = await of();
      if (subject === undefined) return null;
      const { row: { applicationId }, news } = subject;
      clearTimeout(due);
      const known = told?.applicationId === applicationId && Date.now() < told.readAt + REREAD_MS;
      if (!known) told = { applicationId, readAt: Date.now(), reading: read(applicationId) };
      const { readAt, reading } = told;
      const { items, earlier } = await reading.catch((error) => {
        told = null;
        throw error;
      });
      const since = news.filter(({ heardAt }) => heardAt >= readAt);
      const nextMs = Math.max(0, readAt + REREAD_MS - Date.now());
      if (since.length) due = setTimeout(() => panel.element.isConnected && panel.load(), nextMs);
      return { ...subject, earlier, items: added(items, since) };
    },
  });
  return panel;
}

// The newest events, and how many there are before them.
async function read(applicationId) {
  const path = `api/applications/${encodeURIComponent(applicationId)}/timeline`;
  let page = await get(path, { limit: LIMIT });
  if (page.total > page.items.length) page = await get(path, { limit: LIMIT, offset: page.total - LIMIT });
  return { items: page.items, earlier: page.total - page.items.length };
}

// With what came since; what puts another event right waits for the next reading.
function added(items, news) {
  const settled = new Set(items.filter(({ pending }) => !pending).map(({ eventId }) => eventId));
  const since = news.filter(({ id, mends }) => !mends && !settled.has(id));
  const came = new Set(since.map(({ id }) => id));
  return [...items.filter(({ eventId }) => !came.has(eventId)), ...since.map(({ id, ...event }) => ({ eventId: id, ...event }))]
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function make(body) {
  const title = h("p", { class: "story-title" });
  const list = h("ol", { class: "story", tabindex: "0", "aria-label": "Timeline" });
  const rest = h("p", { class: "hint" });
  body.append(title);
  const drawChance = chanceStory(body);
  body.append(rest, list);
  return (data) => {
    if (data === null) return "Choose an application to see its story.";
    const { row, items, earlier } = data;
    title.replaceChildren(
      h("strong", {}, jobOf(row)), row.company ? ` at ${row.company} ` : " ",
      h("span", { class: "chip", "data-status": row.status }, statusName(row.status)));
    drawChance(data);
    const steps = items.map((item, index) => ({ item, before: items[index - 1] }));
    keyed(list, steps, ({ item }) => item.eventId, create, update);
    setText(rest, earlier > 0 ? `The newest ${count(items.length)}; ${counted(earlier, "earlier one is", "earlier ones are")} not shown.` : "");
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
