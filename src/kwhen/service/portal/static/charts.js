// Charts: each `[data-chart=kind]` holds its data as JSON and is drawn by the function of its kind.
// A page's own kinds: a module of its own that imports `kinds` and adds to it before it is loaded.

export const kinds = {};

// A colour of portal.css as the browser resolves it in the present theme.
export function colour(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

export function drawCharts(within, { again = false } = {}) {
  for (const plot of within.querySelectorAll("[data-chart]")) {
    if (plot.dataset.ready && !again) continue;
    const draw = kinds[plot.dataset.chart];
    if (!draw) continue;
    const data = JSON.parse(plot.querySelector("script").textContent);
    plot.querySelector(".chart-wait")?.remove();
    plot.querySelector(".drawn")?.remove();
    const place = document.createElement("div");
    place.className = "drawn";
    plot.append(place);
    draw(place, data);
    plot.dataset.ready = "true";
  }
}
