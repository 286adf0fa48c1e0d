// A live stream by fetch: unlike an EventSource it can send the bearer token, see a status and
// be told when to come back. It reconnects by itself with the id of its last frame.
import { authorization, failure } from "./request.js";

const SILENCE_MS = 30_000; // the server says something every 10 s
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
const FINAL = new Set([401, 403]);

// Calls `onFrame({ event, id, data })` with parsed data, and `onState` with "connecting", "live",
// { waitMs } before it tries again, or { error } when it gives up. Returns a function that ends it.
export function follow(path, { onFrame, onState }) {
  const ended = new AbortController();
  const place = { cursor: "", retryMs: FIRST_DELAY_MS };
  run(path, place, ended.signal, onFrame, onState);
  return () => ended.abort();
}

async function run(path, place, ended, onFrame, onState) {
  let failures = 0;
  while (!ended.aborted) {
    onState(failures ? "reconnecting" : "connecting");
    let waitMs = place.retryMs;
    try {
      await read(path, place, ended, (frame) => {
        failures = 0;
        onFrame(frame);
      }, onState);
    } catch (error) {
      if (ended.aborted) return;
      if (FINAL.has(error.status)) return onState({ error });
      waitMs = (error.retryAfterS ?? 0) * 1_000;
    }
    if (ended.aborted) return;
    failures += 1;
    const longer = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
    waitMs = Math.max(waitMs, longer) * (1 + 0.4 * Math.random()); // never sooner than was asked
    onState({ waitMs });
    await pause(waitMs, ended);
  }
}

// One connection, until it ends.
async function read(path, place, ended, onFrame, onState) {
  const silence = new AbortController();
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  heard();
  try {
    const known = place.cursor ? { "Last-Event-ID": place.cursor } : {};
    const answer = await fetch(path, {
      headers: { Accept: "text/event-stream", ...known, ...authorization() },
      signal: AbortSignal.any([ended, silence.signal]),
      cache: "no-store",
    });
    if (!answer.ok) throw await failure(answer);
    onState("live");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const parse = parser(place);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      for (const frame of parse(value)) {
        onFrame(frame);
        if (frame.event === "reset" && frame.data.reason === "slow") {
          place.cursor = ""; // nothing is repeated behind this one: begin anew with a snapshot
          return;
        }
      }
    }
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

// Text in pieces of any size → complete frames. Keeps `place` where the frames have come to.
function parser(place) {
  let rest = "";
  return function* (text) {
    const parts = (rest + text).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const frame = { event: "message", id: "", data: "" };
      for (const line of part.split("\n")) {
        const [, name, value] = line.match(/^([^:]*):? ?(.*)$/s);
        if (name === "retry") place.retryMs = Number(value) || place.retryMs;
        else if (name in frame) frame[name] = name === "data" && frame.data ? `${frame.data}\n${value}` : value;
      }
      if (frame.id) place.cursor = frame.id;
      if (frame.data) yield { ...frame, data: JSON.parse(frame.data) };
    }
  };
}

function pause(ms, ended) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    ended.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
