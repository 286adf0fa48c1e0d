// Who looks: a token in memory, and in this tab's sessionStorage so that a reload keeps it.
import { authorize, get, post } from "./request.js";

const KEY = "jobfinders.token";

// The caller as the API knows him, or null; `onEnd` is called when the token is no longer taken.
export async function restore(onEnd) {
  const token = sessionStorage.getItem(KEY);
  return token === null ? null : signIn(token, onEnd);
}

// Raises RequestFailed when the API refuses the token.
export async function signIn(token, onEnd) {
  authorize(token);
  const me = await get("api/me");
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
