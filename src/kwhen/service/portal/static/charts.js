// Charts: each `[data-chart=kind]` holds its data as JSON and is drawn by the function of its kind.
// A page's own kinds: a module in its block `scripts` that adds to `kinds`, before portal.js draws.

export const kinds = {};
const ends = new WeakMap(); // what a drawing has to be told when it goes

// A colour of portal.css as the browser resolves it in the present theme.
export function colour(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// The same, seen through.
export function faded(name, share) {
  return colour(name).replace(/^rgba?\(([^)]*)\)$/, (_, parts) => {
    const [red, green, blue] = parts.split(/[ ,/]+/);
    return `rgb(${red} ${green} ${blue} / ${share})`;
  });
}

export function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

export function drawCharts(within, { again = false } = {}) {
  for (const plot of within.querySelectorAll("[data-chart]")) {
    if (plot.dataset.ready && !again) continue;
    const draw = kinds[plot.dataset.chart];
    if (!draw) continue;
    const data = JSON.parse(plot.querySelector("script").textContent);
    plot.querySelector(".chart-wait")?.remove();
    ends.get(plot)?.();
    plot.querySelector(".drawn")?.remove();
    const place = element("div", "drawn");
    plot.append(place);
    ends.set(plot, draw(place, data));
    plot.dataset.ready = "true";
  }
}
