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
document.addEventListener("htmx:afterSwap", (event) => drawCharts(event.target));
drawCharts(document);
