// Pictures of prices by month and hour: a cell that is pointed at, touched or reached by arrow keys
// tells its price.
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const clock = (hour) => `${String(hour).padStart(2, "0")}:00`;

function tell(heat, cell) {
  const row = cell.parentElement;
  const hour = cell.cellIndex - 1;
  const days = cell.closest("table").dataset.days;
  const words = `${row.cells[0].textContent}, ${clock(hour)}–${clock(hour + 1)}, ${days.toLowerCase()}: `;
  const price = document.createElement("strong");
  price.textContent = `${cell.dataset.v} ¢`;
  const out = heat.querySelector("[data-readout]");
  out.replaceChildren(words, price, " per kWh");
  heat.querySelector(".here")?.classList.remove("here");
  cell.classList.add("here");
}

function reach(cell, table) {
  table.querySelector('td[tabindex="0"]')?.setAttribute("tabindex", "-1");
  cell.tabIndex = 0;
  cell.focus();
}

for (const heat of document.querySelectorAll("[data-heat]")) {
  const of = (event) => event.target.closest("td[data-v]");
  for (const table of heat.querySelectorAll("table[role=grid]")) {
    table.querySelector("td[data-v]").tabIndex = 0;
    table.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      const cell = of(event);
      if (!step || !cell) return;
      const next = table.rows[cell.parentElement.rowIndex + step[0]]?.cells[cell.cellIndex + step[1]];
      if (!next?.dataset.v) return;
      event.preventDefault();
      reach(next, table);
    });
  }
  for (const kind of ["pointerover", "focusin", "pointerdown"])
    heat.addEventListener(kind, (event) => of(event) && tell(heat, of(event)));
  // A finger that moves over the picture reads as it goes.
  heat.addEventListener("touchmove", (event) => {
    const { clientX, clientY } = event.touches[0];
    const cell = document.elementFromPoint(clientX, clientY)?.closest("td[data-v]");
    if (cell && heat.contains(cell)) tell(heat, cell);
  }, { passive: true });
  heat.dataset.ready = "true";
}
