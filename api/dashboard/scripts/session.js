// Who looks: a token in memory, and in this tab's sessionStorage so that a reload keeps it.
import { authorize, get, post, RequestFailed } from "./request.js";

const KEY = "jobfinders.token";
const POSSIBLE = /^[\x21-\x7e]+$/; // what a header may hold

// The caller as the API knows him, or null; `onEnd` is called when the token is no longer taken.
export async function restore(onEnd) {
  const token = sessionStorage.getItem(KEY);
  return token === null ? null : signIn(token, onEnd);
}

// Raises RequestFailed when the API refuses the token, which is then forgotten here; one that was
// kept in the tab stays there.
export async function signIn(token, onEnd) {
  if (!POSSIBLE.test(token)) throw new RequestFailed(401, { message: "This is not a token: no token has such characters." });
  authorize(token);
  const me = await get("api/me").catch((error) => {
    authorize(null);
    throw error;
  });
  sessionStorage.setItem(KEY, token);
  authorize(token, () => {
    signOut();
    onEnd();
  });
  return me;
}

export async function signInDemo(role, onEnd) {
  const { token } = await post("demo/token", { role });
  return signIn(token, onEnd);
}

// Accounts of the demo: [{ userId, role }], none where there is no demo.
export async function demoAccounts() {
  return (await get("demo")).accounts;
}

export function signOut() {
  sessionStorage.removeItem(KEY);
  authorize(null);
}
