// The calculator: bills by month as bars, files that are dropped, places whose plans show at once.
import { kinds } from "./charts.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 300;
const EDGE = { top: 12, right: 8, bottom: 28, left: 56 };
const usd = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const round = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 0 });

function draw(name, attributes, words) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (words !== undefined) made.textContent = words;
  return made;
}

// Steps of 1, 2 or 5 times a power of ten, five or so.
function ticks(low, high) {
  const raw = (high - low || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
  const found = [];
  for (let n = Math.floor(low / step); n <= Math.ceil(high / step); n += 1) found.push(n * step);
  return found;
}

function keys(series) {
  const list = document.createElement("div");
  list.className = "chart-keys";
  series.forEach(({ name }, number) => {
    const key = document.createElement("span");
    const mark = document.createElement("span");
    mark.className = `key key-${number}`;
    key.append(mark, name);
    list.append(key);
  });
  return list;
}

function bills(place, { months, series }) {
  const width = Math.max(280, place.clientWidth || 640);
  const all = series.flatMap((one) => one.usd);
  const marks = ticks(Math.min(0, ...all), Math.max(0, ...all));
  const [low, high] = [marks[0], marks.at(-1)];
  const inner = HEIGHT - EDGE.top - EDGE.bottom;
  const y = (value) => EDGE.top + ((high - value) / (high - low || 1)) * inner;
  const slot = (width - EDGE.left - EDGE.right) / months.length;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
  for (const mark of marks) {
    svg.append(draw("line", { class: mark ? "rule" : "zero", x1: EDGE.left, x2: width - EDGE.right, y1: y(mark), y2: y(mark) }));
    svg.append(draw("text", { x: EDGE.left - 8, y: y(mark) + 4, "text-anchor": "end" }, round.format(mark)));
  }
  const told = document.createElement("p");
  told.className = "chart-told";
  told.textContent = "Point at a month to read it.";
  const bar = Math.min(22, (slot * 0.78) / series.length);
  months.forEach((month, number) => {
    const left = EDGE.left + slot * number;
    const band = draw("rect", { class: "band", x: left, y: EDGE.top, width: slot, height: inner });
    const tell = () => (told.textContent = `${month}: ` + series.map((one) => `${one.name} ${usd.format(one.usd[number])}`).join(", "));
    band.addEventListener("pointerenter", tell);
    band.addEventListener("pointerdown", tell);
    svg.append(band);
    series.forEach((one, n) => {
      const value = one.usd[number];
      const x = left + slot / 2 + (n - series.length / 2) * bar;
      svg.append(draw("rect", { class: `tone-${n}`, x: x + 0.5, width: Math.max(1, bar - 1), y: Math.min(y(0), y(value)), height: Math.max(1, Math.abs(y(value) - y(0))), rx: 1.5, "pointer-events": "none" }));
    });
    const step = Math.ceil(34 / slot);
    if (number % step === 0) svg.append(draw("text", { x: left + slot / 2, y: HEIGHT - 8, "text-anchor": "middle" }, month.slice(0, slot < 60 ? 3 : 8)));
  });
  place.append(keys(series), svg, told);
}
kinds.bills = bills;

const form = document.getElementById("calculator");
const file = form?.querySelector("[data-drop]");
form?.addEventListener("change", (event) => {
  if (event.target.matches("[data-reload]")) form.requestSubmit(form.querySelector("button.hidden"));
});
file?.addEventListener("change", () => {
  if (file.files.length && form.elements.zip.value.trim()) form.requestSubmit(document.getElementById("read-file"));
});
for (const [kind, isOver] of [["dragover", true], ["dragleave", false], ["drop", false]])
  file?.addEventListener(kind, () => file.classList.toggle("over", isOver));

// What is blank need not be in the address.
form?.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) {
    const isBlank = typeof value === "string" ? value.trim() === "" : !value.name;
    if (isBlank || (typeof value !== "string" && event.formData.get("csrf") === null)) event.formData.delete(name);
  }
});

// Side by side where there is room; the results come into view when they are there.
if (matchMedia("(min-width: 64rem)").matches)
  for (const one of document.querySelectorAll("details.case")) one.open = true;
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "results" && location.hash === "#results") event.target.scrollIntoView();
});

form?.addEventListener("submit", ({ submitter }) => {
  if (submitter?.id === "read-file") setTimeout(() => (submitter.textContent = "Reading…"));
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
// On paper the figures of the chart are there as well.
addEventListener("beforeprint", () => {
  for (const twin of document.querySelectorAll(".twin")) twin.open = true;
});
