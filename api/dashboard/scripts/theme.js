// Light, dark, or as the system has it; kept for the next visit.
const KEY = "jobfinders.theme";
const ORDER = ["system", "light", "dark"];
const NAMES = { system: "System", light: "Light", dark: "Dark" };
const system = matchMedia("(prefers-color-scheme: dark)");

export const CHANGED = "themechange";

export function startTheme(button) {
  let chosen = ORDER.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : "system";
  const apply = () => {
    const dark = chosen === "dark" || (chosen === "system" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.querySelector("[data-name]").textContent = NAMES[chosen];
    window.dispatchEvent(new Event(CHANGED));
  };
  button.addEventListener("click", () => {
    chosen = ORDER[(ORDER.indexOf(chosen) + 1) % ORDER.length];
    localStorage.setItem(KEY, chosen);
    apply();
  });
  system.addEventListener("change", apply);
  apply();
}
