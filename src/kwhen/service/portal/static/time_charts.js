// What charts over time share: axes in the home's time zone, steps, a row of values, resizing.
import { colour, element } from "./charts.js";

const NARROW = 560; // px of a chart below which it has less room for words

export const stepped = uPlot.paths.stepped({ align: 1 });

// A value a step, and the last one again where the last step ends.
export const toEnd = (values) => [...values, values[values.length - 1]];

export function clock(zone) {
  const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  const days = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: zone });
  return {
    hour: (seconds) => hours.format(seconds * 1000),
    day: (seconds) => days.format(seconds * 1000),
  };
}

export function timeAxis(zone) {
  const { hour, day } = clock(zone);
  return {
    stroke: colour("soft"),
    font: font(12),
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line"), size: 4 },
    space: 64,
    size: 34,
    values: (drawn, splits) =>
      splits.map((at) => {
        if (at >= drawn.scales.x.max) return ""; // there is no room for the day that is not shown
        return hour(at) === "00:00" ? day(at) : hour(at);
      }),
  };
}

export function valueAxis(unit, more = {}) {
  return {
    stroke: colour("soft"),
    font: font(12),
    size: 54,
    grid: { stroke: colour("line"), width: 1 },
    ticks: { show: false },
    values: (plot, splits) => splits.map((value) => `${+value.toFixed(2)}${unit}`),
    ...more,
  };
}

export function font(size) {
  return `${size}px ${getComputedStyle(document.body).fontFamily}`;
}

// The row above a chart: what its colours mean, and the values of the step that is pointed at.
export function readout(place, entries) {
  const row = element("div", "readout");
  const when = element("span", "readout-when");
  row.append(when);
  const cells = entries.map(({ words, stroke, kind }) => {
    const cell = element("span", "readout-cell");
    const swatch = element("i", `swatch ${kind ?? ""}`);
    swatch.style.color = stroke;
    const value = element("b", "");
    cell.append(swatch, element("span", "", words), value);
    row.append(cell);
    return value;
  });
  place.append(row);
  return (time, values) => {
    when.textContent = time;
    values.forEach((value, number) => (cells[number].textContent = value));
  };
}

// The step that the pointer is in; where there is no pointer, another one.
export function pointed(drawn, starts, otherwise) {
  const { left } = drawn.cursor;
  if (left == null || left < 0) return otherwise;
  const at = drawn.posToVal(left, "x");
  return Math.max(0, starts.findLastIndex((start) => start <= at));
}

export function plot(place, height, options, data) {
  const room = element("div", "canvas");
  place.append(room);
  const size = () => {
    const width = Math.max(240, Math.floor(room.clientWidth));
    return { width, height: width < NARROW ? Math.round(height * 0.82) : height };
  };
  const drawn = new uPlot(
    { ...size(), legend: { show: false }, cursor: { y: false, points: { show: false } }, ...options },
    data,
    room,
  );
  let before = room.clientWidth;
  const watcher = new ResizeObserver(() => {
    if (room.clientWidth === before) return;
    before = room.clientWidth;
    drawn.setSize(size());
  });
  watcher.observe(room);
  return () => {
    watcher.disconnect();
    drawn.destroy();
  };
}
