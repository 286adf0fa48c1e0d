// Starts the page: theme, session, and the board that goes with the role.
import { showAnalystBoard } from "./board_analyst.js";
import { showCandidateBoard } from "./board_candidate.js";
import { h, setText } from "./dom.js";
import { restore, signOut } from "./session.js";
import { showSignIn } from "./signin.js";
import { startTheme } from "./theme.js";

const ROLES = { user: "Candidate", analyst: "Analyst", admin: "Admin", service: "Service" };
const BOARDS = { user: showCandidateBoard, analyst: showAnalystBoard, admin: showAnalystBoard };

const board = document.getElementById("board");
const status = document.getElementById("status");
const who = document.getElementById("who");
const out = document.getElementById("sign-out");
let close = () => {};

function enter(me) {
  const show = BOARDS[me.role];
  if (show === undefined) return leave("This account sends events in; the page has nothing to show it.");
  setText(who, `${me.userId} · ${ROLES[me.role]}`);
  who.hidden = out.hidden = status.hidden = false;
  board.replaceChildren();
  close = show(board, tellState);
  board.focus();
}

// Back to the way in; `reason` is told there.
function leave(reason) {
  close();
  close = () => {};
  signOut();
  who.hidden = out.hidden = status.hidden = true;
  showSignIn(board, reason, enter, ended);
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
const me = await restore(ended).catch((error) => (error.status === 401 ? null : Promise.reject(error))).catch((error) => {
  leave(error.message);
  return undefined;
});
if (me) enter(me);
else if (me === null) leave();
