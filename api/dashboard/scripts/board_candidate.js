// What a candidate sees: his applications live, one's story, and the figures of his own.
import { applications, latest } from "./panels/applications.js";
import { Applications } from "./live_applications.js";
import { Board } from "./board.js";
import { CLOSED } from "./words.js";
import { count, percent } from "./format.js";
import { feed } from "./panels/feed.js";
import { funnel } from "./panels/funnel.js";
import { ghostedApplications } from "./panels/ghosted.js";
import { makeFigures } from "./panels/figures.js";
import { Panel } from "./panel.js";
import { pipeline } from "./panels/pipeline.js";
import { response } from "./panels/response.js";
import { stages } from "./panels/stages.js";
import { timeline } from "./panels/timeline.js";
import { volume } from "./panels/volume.js";

const STILL = matchMedia("(prefers-reduced-motion: reduce)");

// Fills `parent`; returns a function that ends it.
export function showCandidateBoard(parent, tellState) {
  const live = new Applications();
  let chosen = null;
  let touched = false; // since the story was drawn
  const board = new Board(parent, { scope: "mine" });
  const { parameters } = board;
  const choose = (applicationId) => {
    chosen = applicationId;
    showRows();
    story.renew();
  };
  const open = (applicationId) => {
    choose(applicationId);
    story.element.scrollIntoView({ block: "nearest", behavior: STILL.matches ? "auto" : "smooth" });
  };
  const strip = new Panel({ id: "figures", title: "At a glance", wide: 12, make: makeFigures,
    definition: "Answered: shortlisted, invited, an offer, hired or rejected." });
  const list = applications({ wide: 7, open });
  const story = timeline({ wide: 5, of: () => subjectOf(live, chosen) });
  const news = feed({ wide: 5, open });
  const standing = pipeline(7, "Your applications by their present status.");
  board.live("Live", strip, list, story, news, standing);
  board.asked("Your figures", [],
    funnel({ wide: 6, parameters }), stages({ wide: 6, parameters }),
    response({ wide: 7, parameters }), ghostedApplications({ wide: 5, parameters, open }),
    volume({ wide: 12, parameters }));

  const sorted = () => [...live.rows.values()].sort((a, b) => Date.parse(latest(b) ?? 0) - Date.parse(latest(a) ?? 0));
  const showRows = () => list.show({ rows: sorted(), chances: live.chances, chosen });
  story.show(null);
  live.onState(tellState);
  live.subscribe(() => {
    strip.show(headlines([...live.rows.values()]));
    standing.show(byStatus(live.rows.values()));
    news.show(live);
    if (chosen === null && live.rows.size) choose(sorted()[0].applicationId);
    else showRows();
    if (touched) story.load();
    touched = false;
  });
  live.onUpdate((applicationId) => {
    touched ||= applicationId === chosen;
  });
  live.start();
  return () => {
    live.stop();
    board.close();
  };
}

async function subjectOf(live, applicationId) {
  await live.asked;
  const row = live.rows.get(applicationId);
  const news = live.events.filter(({ subject, type, past }) => type === "reset" || (subject === applicationId && !past)).reverse();
  return row && { row, news, chance: live.chances.get(applicationId), heard: live.chances.heard(applicationId) };
}

function byStatus(rows) {
  const counts = {};
  for (const { status } of rows) if (status) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function headlines(rows) {
  const number = (test) => rows.filter(test).length;
  const answered = number((row) => row.firstResponseAt);
  const share = (part) => (rows.length ? `${percent(part / rows.length)} of all` : "of none yet");
  const interviewed = number((row) => row.interviewsScheduled > 0);
  const offered = number((row) => row.offersReceived > 0);
  return [
    { name: "Applications", value: count(rows.length), note: "in all" },
    { name: "Open", value: count(number((row) => !CLOSED.has(row.status))), note: "not decided yet" },
    { name: "Answered", value: count(answered), note: share(answered) },
    { name: "With an interview", value: count(interviewed), note: share(interviewed) },
    { name: "With an offer", value: count(offered), note: share(offered) },
    { name: "Hired", value: count(number((row) => row.hired)), note: share(number((row) => row.hired)) },
  ];
}
