// Small behaviours of every page. Pages work without them, charts excepted, which have tables.
import { drawCharts } from "./charts.js";

const root = document.documentElement;

function isDark() {
  if (root.dataset.theme) return root.dataset.theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function toggleTheme() {
  root.dataset.theme = isDark() ? "light" : "dark";
  localStorage.setItem("kwhen-theme", root.dataset.theme);
  drawCharts(document, { again: true });
}

async function copy(button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select it";
  }
  setTimeout(() => (button.textContent = before), 2000);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-toggle], [data-copy]");
  if (!button) return;
  if ("themeToggle" in button.dataset) toggleTheme();
  else copy(button);
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  drawCharts(document, { again: true }),
);
// What a page loads by itself does not turn for ever when it cannot come.
for (const failed of ["htmx:responseError", "htmx:sendError"])
  document.addEventListener(failed, ({ detail }) => {
    const waiting = detail.elt.matches?.("[hx-trigger=load]") && detail.elt.querySelector(".loading");
    if (waiting) waiting.parentElement.textContent = "This could not be loaded. Load the page again.";
  });
document.addEventListener("htmx:afterSwap", (event) => drawCharts(event.target));
drawCharts(document);
