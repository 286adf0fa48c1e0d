// The way in: a demo account where the server offers them, or a token.
import { demoAccounts, signIn, signInDemo } from "./session.js";
import { h } from "./dom.js";

const DEMO = {
  user: ["Candidate", "Your own applications: a live feed, each one’s timeline, your figures"],
  analyst: ["Analyst", "Figures across all applications; they name nobody"],
};

// Shows the form in `parent`; `enter(me)` once somebody is in. `reason` says why it is shown again.
export async function showSignIn(parent, reason, enter, onEnd) {
  const problem = h("p", { class: "signin-problem", role: "alert" }, reason ?? "");
  const attempt = async (how) => {
    if (form.ariaBusy) return; // one at a time, however often one clicks
    form.ariaBusy = "true";
    problem.textContent = "";
    try {
      enter(await how());
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      form.ariaBusy = null;
    }
  };
  const demo = h("div", { class: "signin-demo" });
  const form = h("section", { class: "signin", "aria-labelledby": "signin-title" },
    h("h1", { id: "signin-title" }, "See what happens to applications, as it happens"),
    h("p", { class: "signin-lead" },
      "How long do answers take, how far do applications get, what has just happened: live, and exact to the last event."),
    demo, tokenForm((token) => attempt(() => signIn(token, onEnd))), problem);
  parent.replaceChildren(form);
  const accounts = await demoAccounts().catch(() => []);
  if (!accounts.length) return;
  demo.append(
    h("h2", {}, "Sign in to the demo"),
    ...accounts.map(({ userId, role }) =>
      h("button", { type: "button", class: "signin-account", "data-role": role,
                    onclick: () => attempt(() => signInDemo(role, onEnd)) },
        h("strong", {}, `${DEMO[role][0]} `, h("span", { class: "signin-id" }, userId)),
        h("span", {}, DEMO[role][1]))));
}

function tokenForm(submit) {
  const field = h("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true });
  return h("form", {
    class: "signin-token",
    onsubmit: (event) => {
      event.preventDefault();
      submit(field.value.trim());
    } },
    h("label", { for: "token" }, "Sign in with a token"),
    h("div", { class: "signin-row" }, field, h("button", { type: "submit", class: "button" }, "Sign in")),
    h("p", { class: "hint" }, "In development ", h("code", {}, "jobfinders token --user you"),
      " prints one. It stays in this tab."));
}
