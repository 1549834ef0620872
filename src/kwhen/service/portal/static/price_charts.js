// A home's price of two days, and what it used beside its rate.
import { colour, faded, kinds } from "./charts.js";
import { clock, font, plot, pointed, readout, stepped, timeAxis, toEnd, valueAxis } from "./time_charts.js";

const STRIP = 22; // px of the strip that names periods, and of the one below it
const AREA = 0.78; // of the colour of a part
const SMALL = 0.1; // ¢ below which one decimal would hide what is there

function cents(value) {
  const decimals = value !== 0 && Math.abs(value) < SMALL ? 2 : 1;
  return `${value.toFixed(decimals)} ¢`.replace("-", "−");
}

// A line in a casing, so that it is told apart from any area below it.
function cased(line) {
  const usual = { paths: stepped, points: { show: false } };
  return [
    { ...usual, stroke: faded("paper", 0.8), width: line.width + 2.5 },
    { ...usual, ...line },
  ];
}

kinds.price = (place, data) => {
  const { hour, day } = clock(data.zone);
  const tell = readout(place, [
    ...data.lines.map((line) => ({ words: line.words, stroke: colour(line.colour), kind: `line ${line.key}` })),
    ...data.parts.map((part) => ({ words: part.words, stroke: colour(part.colour) })),
  ]);
  const shown = (step) =>
    tell(
      `${day(data.starts[step])}, ${hour(data.starts[step])}`,
      [...data.lines, ...data.parts].map((told) => cents(told.cents[step])),
    );
  const now = Math.max(0, data.starts.findLastIndex((start) => start <= data.now));
  shown(now);

  const sums = []; // of the parts, from the ground up
  for (const part of data.parts) {
    const below = sums[sums.length - 1];
    sums.push(part.cents.map((value, step) => value + (below ? below[step] : 0)));
  }
  const every = [...sums, ...data.lines.map((line) => line.cents)].flat();
  const low = Math.min(0, ...every);
  const high = Math.max(1, ...every);
  const areas = data.parts.map((part, number) => ({
    paths: stepped,
    width: 0,
    fill: number ? undefined : faded(part.colour, AREA),
    points: { show: false },
  }));
  const bands = data.parts.slice(1).map((part, number) => ({
    series: [number + 2, number + 1],
    fill: faded(part.colour, AREA),
  }));
  const dashes = { import: [2, 3], export: [7, 4] };
  const lines = [...data.lines].reverse().flatMap((line) =>
    cased({ stroke: colour(line.colour), width: line.key === "price" ? 2.5 : 2, dash: dashes[line.key] }),
  );
  return plot(
    place,
    400,
    {
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.zone),
      padding: [2 * STRIP + 10, 24, 0, 0],
      scales: {
        x: { range: () => [data.starts[0], data.end] },
        y: { range: () => [low * 1.08, high * 1.06] },
      },
      axes: [timeAxis(data.zone), valueAxis(" ¢")],
      series: [{}, ...areas, ...lines],
      bands,
      hooks: {
        drawClear: [(drawn) => strips(drawn, data)],
        draw: [(drawn) => nowLine(drawn, data.now)],
        setCursor: [(drawn) => shown(pointed(drawn, data.starts, now))],
      },
    },
    [
      [...data.starts, data.end],
      ...sums.map(toEnd),
      ...[...data.lines].reverse().flatMap((line) => [toEnd(line.cents), toEnd(line.cents)]),
    ],
  );
};

// Above the prices: the time-of-use periods; below them, when it is cheapest and dearest.
function strips(drawn, data) {
  const { ctx, bbox } = drawn;
  const ratio = uPlot.pxRatio;
  const strip = STRIP * ratio;
  const top = bbox.top - 2 * strip - 4 * ratio;
  const names = [...new Set(data.bands.map((band) => band.words))];
  const price = data.lines[0].cents;
  const mean = (name) => {
    const inside = data.starts.flatMap((start, step) =>
      data.bands.some((band) => band.words === name && band.from <= start && start < band.to) ? [price[step]] : [],
    );
    return inside.reduce((sum, value) => sum + value, 0) / inside.length;
  };
  const ranked = names.sort((a, b) => mean(a) - mean(b));
  ctx.save();
  for (const band of data.bands) {
    const share = ranked.length > 1 ? ranked.indexOf(band.words) / (ranked.length - 1) : 0;
    box(drawn, band, top, strip - 2 * ratio, faded("accent", 0.1 + 0.22 * share), shorter(band.words));
    box(drawn, band, bbox.top, bbox.height, faded("accent", 0.07 * share));
  }
  const below = top + strip;
  if (data.cheapest) {
    const [from, to] = data.cheapest;
    box(drawn, { from, to }, below, strip - 2 * ratio, faded("green", 0.28), ["cheapest", "low"]);
  }
  if (data.dearest) {
    const [from, to] = data.dearest;
    box(drawn, { from, to }, below, strip - 2 * ratio, faded("vermilion", 0.3), ["dearest", "high"]);
  }
  ctx.restore();
}

// A name, and what of it is enough where there is less room.
const shorter = (words) => [words, words.split(" ").slice(1).join(" "), words.split(" ").pop()];

// A filled stretch of time, with the first of some words that fits into it.
function box(drawn, { from, to }, top, height, fill, words = []) {
  const { ctx } = drawn;
  const ratio = uPlot.pxRatio;
  const left = drawn.valToPos(from, "x", true);
  const width = drawn.valToPos(to, "x", true) - left;
  ctx.fillStyle = fill;
  ctx.fillRect(left + ratio / 2, top, width - ratio, height);
  ctx.font = font(11.5 * ratio);
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillStyle = colour("ink");
  const short = words.find((told) => told && ctx.measureText(told).width < width - 8 * ratio);
  if (short) ctx.fillText(short, left + width / 2, top + height / 2);
}

function nowLine(drawn, now) {
  const { ctx, bbox } = drawn;
  const ratio = uPlot.pxRatio;
  const left = Math.round(drawn.valToPos(now, "x", true));
  if (left < bbox.left || left > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = colour("ink");
  ctx.lineWidth = 1.5 * ratio;
  ctx.beginPath();
  ctx.moveTo(left, bbox.top - 4 * ratio);
  ctx.lineTo(left, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = `600 ${font(11.5 * ratio)}`;
  const wide = ctx.measureText("now").width + 12 * ratio;
  const from = Math.min(Math.max(left - wide / 2, bbox.left), bbox.left + bbox.width - wide);
  ctx.fillStyle = colour("ink");
  ctx.beginPath();
  ctx.roundRect(from, bbox.top + 4 * ratio, wide, 18 * ratio, 9 * ratio);
  ctx.fill();
  ctx.fillStyle = colour("paper");
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText("now", from + wide / 2, bbox.top + 13.5 * ratio);
  ctx.restore();
}

kinds.use = (place, data) => {
  const { hour, day } = clock(data.zone);
  const exported = data.exported && data.exported.some((kwh) => kwh > 0) ? data.exported : null;
  const tell = readout(place, [
    { words: "Used", stroke: colour("blue") },
    ...(exported ? [{ words: "Exported", stroke: colour("green") }] : []),
    { words: "Import rate", stroke: colour("vermilion"), kind: "line" },
  ]);
  const last = data.starts.length - 1;
  const shown = (step) => {
    const found = [`${data.used[step].toFixed(2)} kWh`, cents(data.rate[step])];
    if (exported) found.splice(1, 0, `${exported[step].toFixed(2)} kWh`);
    tell(`${day(data.starts[step])}, ${hour(data.starts[step])}`, found);
  };
  shown(last);
  const area = (name) => ({ paths: stepped, stroke: colour(name), width: 1, fill: faded(name, 0.55), points: { show: false } });
  const down = exported?.map((kwh) => -kwh);
  return plot(
    place,
    300,
    {
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.zone),
      padding: [12, 0, 0, 0],
      scales: {
        x: { range: () => [data.starts[0], data.end] },
        y: { range: (drawn, low, high) => [Math.min(0, low * 1.08), Math.max(0.1, high * 1.12)] },
        cents: { range: (drawn, low, high) => [Math.min(0, low), Math.max(1, high) * 1.15] },
      },
      axes: [
        timeAxis(data.zone),
        valueAxis(" kWh", { size: 66 }),
        valueAxis(" ¢", { side: 1, scale: "cents", grid: { show: false } }),
      ],
      series: [
        {},
        area("blue"),
        ...(exported ? [area("green")] : []),
        { paths: stepped, scale: "cents", stroke: colour("vermilion"), width: 1.75, points: { show: false } },
      ],
      hooks: { setCursor: [(drawn) => shown(pointed(drawn, data.starts, last))] },
    },
    [[...data.starts, data.end], toEnd(data.used), ...(exported ? [toEnd(down)] : []), toEnd(data.rate)],
  );
};
