// Requests to the API with the session's token. An error carries what the API said.

export class RequestFailed extends Error {
  constructor(status, { code, message, traceId } = {}, retryAfterS = null) {
    super(message ?? `The server answered ${status}.`);
    Object.assign(this, { status, code, traceId, retryAfterS });
  }
}

const PATIENCE_MS = 30_000;
let token = null;
let session = new AbortController();
let onRefused = () => {};

// What was asked with the former token ends. `refused` is called when the API no longer takes this
// one.
export function authorize(value, refused = () => {}) {
  if (token !== null) session.abort();
  session = new AbortController();
  const { signal } = session;
  token = value;
  onRefused = () => signal.aborted || refused();
}

export const authorization = () => (token === null ? {} : { Authorization: `Bearer ${token}` });

// The parsed body; `parameters` may hold lists, and what is null or empty is left out.
export async function get(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    for (const one of [value].flat()) if (one !== null && one !== undefined && one !== "") query.append(name, one);
  const text = query.toString();
  return (await send(text ? `${path}?${text}` : path)).json();
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return (await send(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

async function send(path, { headers, ...rest } = {}) {
  const signal = AbortSignal.any([session.signal, AbortSignal.timeout(PATIENCE_MS)]);
  let answer;
  try {
    answer = await fetch(path, { ...rest, headers: { ...headers, ...authorization() }, signal });
  } catch {
    throw new RequestFailed(0, { message: "The server cannot be reached." });
  }
  if (!answer.ok) throw await failure(answer);
  return answer;
}

// The error of an answer; tells of a token that is refused.
export async function failure(answer) {
  const refused = onRefused; // another session may begin while the body comes
  const body = await answer.json().catch(() => ({}));
  const retryAfterS = Number(answer.headers.get("Retry-After")) || null;
  if (answer.status === 401) refused();
  return new RequestFailed(answer.status, body.error, retryAfterS);
}
