// Starts the page: theme, session, and the board that goes with the role.
import { showAnalystBoard } from "./board_analyst.js";
import { showCandidateBoard } from "./board_candidate.js";
import { h, setText } from "./dom.js";
import { restore, signOut } from "./session.js";
import { showSignIn } from "./signin.js";
import { startTheme } from "./theme.js";

const ROLES = { user: "Candidate", analyst: "Analyst", admin: "Admin", service: "Service" };
const REFUSED = new Set([401, 403]);
const LONGEST_DELAY_S = 15;
const BOARDS = { user: showCandidateBoard, analyst: showAnalystBoard, admin: showAnalystBoard };

const board = document.getElementById("board");
const status = document.getElementById("status");
const who = document.getElementById("who");
const out = document.getElementById("sign-out");
let close = () => {};
let resuming = true;

function enter(me) {
  close();
  close = () => {};
  const show = BOARDS[me.role];
  if (show === undefined) return leave("This account sends events in; the page has nothing to show it.");
  setText(who, `${me.userId} · ${ROLES[me.role]}`);
  who.hidden = out.hidden = status.hidden = false;
  board.replaceChildren();
  close = show(board, tellState);
  board.focus({ preventScroll: true });
  scrollTo(0, 0);
}

// Back to the way in; `reason` is told there.
function leave(reason) {
  resuming = false;
  close();
  close = () => {};
  signOut();
  who.hidden = out.hidden = status.hidden = true;
  showSignIn(board, reason, enter, ended);
}

// With the token that the tab kept, as soon as the server can tell whose it is.
async function resume() {
  for (let delayS = 1; resuming; delayS = Math.min(LONGEST_DELAY_S, 2 * delayS)) {
    out.hidden = true;
    let me;
    try {
      me = await restore(ended);
    } catch (error) {
      if (REFUSED.has(error.status)) return leave(error.status === 401 ? undefined : error.message);
      await waitFor(error, delayS);
      continue;
    }
    return me === null ? leave() : enter(me);
  }
}

function waitFor({ message, retryAfterS }, delayS) {
  out.hidden = false;
  board.replaceChildren(h("p", { class: "signin", role: "status" }, `${message} You stay signed in; this tries again by itself.`));
  return new Promise((resolve) => setTimeout(resolve, 1_000 * Math.max(delayS, retryAfterS ?? 0)));
}

const ended = () => leave("Your session has ended. Sign in again.");

// The state of the live stream, in words and for the style.
function tellState(state) {
  const [name, text] = typeof state === "string"
    ? { connecting: ["waiting", "Connecting"], live: ["live", "Live"], reconnecting: ["waiting", "Reconnecting"] }[state]
    : state.error ? ["lost", "Not connected"] : ["waiting", "Connection lost, trying again"];
  status.dataset.state = name;
  if (status.textContent !== text) status.replaceChildren(h("span", { class: "dot", "aria-hidden": "true" }), text);
}

startTheme(document.getElementById("theme"));
out.addEventListener("click", () => leave());
await resume();
