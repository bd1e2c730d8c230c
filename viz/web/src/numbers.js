// The table of every number: a quantity of the embedded JSON, pass by pass and depth by depth.

function figure(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (value === 0 || Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

const at = (content, path) => path.reduce((part, key) => (part === undefined ? undefined : part[key]), content);

function row(cells, tag) {
  const line = document.createElement("tr");
  cells.forEach((text, column) => {
    const cell = document.createElement(column === 0 ? "th" : tag);
    if (column === 0) cell.scope = tag === "th" ? "col" : "row";
    else if (tag === "th") cell.scope = "col";
    cell.textContent = text;
    line.append(cell);
  });
  return line;
}

/** Wires the choice of a quantity to its table, and the button that saves the JSON. */
export function startNumbers(root, content, quantities) {
  const choice = root.querySelector("[data-choice]");
  const table = root.querySelector("[data-table]");
  const show = () => {
    const { path, unit, axes } = quantities[choice.selectedIndex];
    const value = at(content, path);
    const [first, second] = axes.map(({ name, labels, from }) => ({ name, labels: labels ?? at(content, from) }));
    const header = second ? [`${first.name} / ${second.name}`, ...second.labels.map(figure)] : [first.name, unit];
    const rows = first.labels.map((label, number) => [label, ...(second ? value[number] : [value[number]])]);
    table.replaceChildren(document.createElement("thead"), document.createElement("tbody"));
    table.tHead.append(row(header, "th"));
    table.tBodies[0].append(...rows.map((cells) => row(cells.map(figure), "td")));
  };
  choice.addEventListener("change", show);
  show();
  root.querySelector("[data-save]").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([document.getElementById("result").textContent]));
    link.download = "dermaroll.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}
