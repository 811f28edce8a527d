// One stop for the Tab key, arrows from day to day (the grid pattern of the ARIA practices, for links).
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export function start(table) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1).map((cell) => cell.querySelector("a")));
  const links = rows.flat().filter(Boolean);
  if (!links.length) return;
  for (const link of links) link.tabIndex = -1;
  (table.querySelector("a.now") ?? links.at(-1)).tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const place = step && find(rows, document.activeElement);
    if (!place) return;
    event.preventDefault();
    const next = rows[place[0] + step[0]]?.[place[1] + step[1]];
    if (!next) return;
    document.activeElement.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

function find(rows, link) {
  for (const [y, row] of rows.entries()) {
    const x = row.indexOf(link);
    if (x >= 0) return [y, x];
  }
  return null;
}
