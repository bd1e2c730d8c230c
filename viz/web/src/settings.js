// The settings of the live page: read from its controls, put back into them, and told in the address.

import { html } from "./frame.js";

const OWN = "own"; // ending of a roller's name that is not the catalogue's
const DEVICE_WHOLE = new Set(["rows", "per_ring"]);

/** Wires the controls; `changed(released)` is called at each change. Returns how settings are read and set. */
export function startSettings(form, { devices, usual, first }, changed) {
  const slots = [...form.querySelectorAll("[data-slot]")];
  const add = form.querySelector("[data-add]");
  const common = () => [...form.querySelectorAll("[data-set]")].filter((one) => !one.closest("[data-slot]"));
  const base = slots.map((_, number) => first[number] ?? first[0]);

  for (const slot of slots) {
    const select = slot.querySelector("[data-device]");
    for (const list of new Set(Object.values(devices).map((one) => one.list))) {
      const own = Object.entries(devices).filter(([, one]) => one.list === list);
      select.append(html("optgroup", { label: list }, ...own.map(([name, { title }]) => html("option", { value: name }, title))));
    }
    select.append(html("option", { value: OWN, hidden: true }, "one's own"));
  }
  const fieldOf = (slot, name) => slot.querySelector(`[data-set="${name}"]`);
  const sliderOf = (input) => input.parentElement.querySelector("[data-slides]");

  function put(input, value) {
    if (input.type === "checkbox") input.checked = Boolean(value);
    else input.value = value ?? "";
    const slider = sliderOf(input);
    if (slider) slider.value = value;
  }

  function take(input) {
    if (input.type === "checkbox") return input.checked;
    if (input.type === "number") return input.value === "" ? null : Number(input.value);
    return input.value;
  }

  function fill(number, name) {
    const [slot, record] = [slots[number], devices[name]];
    base[number] = name;
    for (const input of slot.querySelectorAll("[data-set]")) put(input, record[input.dataset.set]);
    slot.querySelector("[data-device]").value = name;
    fit();
  }

  const isRolled = (number) => devices[base[number]].list === "Rollers";

  /** Shows of each device, and of the technique, what devices of these kinds have. */
  function fit() {
    const kinds = (number) => devices[base[number]].kind;
    slots.forEach((slot, number) => showOf(slot, [kinds(number)]));
    showOf(form, shownSlots().map(kinds), (part) => !part.closest("[data-slot]"));
  }

  function showOf(root, kinds, which = () => true) {
    for (const part of root.querySelectorAll("[data-kinds]")) {
      if (which(part)) part.hidden = !part.dataset.kinds.split(" ").some((kind) => kinds.includes(kind));
    }
  }

  const isShown = (input) => !input.closest("[data-kinds]")?.hidden;

  /** Passes are told for rollers; with a pen or a stamp they are as usual with each device, until somebody sets them. */
  function passesFor(number) {
    const passes = form.querySelector('[data-set="passes"]');
    if (!isRolled(number)) put(passes, null);
    else if (passes.value === "" && shownSlots().every(isRolled)) put(passes, usual.passes);
  }

  /** A slot's device: its name in the catalogue, or a record where a field differs from it. */
  function deviceOf(number) {
    const [slot, record] = [slots[number], devices[base[number]]];
    const own = {};
    for (const input of [...slot.querySelectorAll("[data-set]")].filter(isShown)) {
      const value = take(input);
      if (value !== null && value !== record[input.dataset.set]) own[input.dataset.set] = value;
    }
    slot.querySelector("[data-device]").value = Object.keys(own).length ? OWN : base[number];
    const option = slot.querySelector(`option[value="${OWN}"]`);
    option.textContent = `${record.title}, changed`;
    if (!Object.keys(own).length) return { asked: base[number], told: base[number] };
    const { list, ...whole } = { ...record, ...own };
    if (list === "Rollers") {
      whole.needle_count = whole.rows * whole.per_ring;
      if (whole.kind === "disc") whole.sheet_thickness_mm ??= 0.1;
      else whole.sheet_thickness_mm = null;
    }
    const changes = Object.entries(own).map(([name, value]) => `${name} ${value}`);
    const asked = {
      ...whole,
      name: `${OWN}-${number + 1}`,
      title: `${record.title} with ${changes.join(", ")}`,
    };
    return { asked, told: { base: base[number], ...own } };
  }

  const shownSlots = () => slots.map((_, number) => number).filter((number) => !slots[number].hidden);

  /** What is asked of the server. */
  function request() {
    const asked = { devices: shownSlots().map((number) => deviceOf(number).asked) };
    for (const input of common().filter(isShown)) asked[input.dataset.set] = take(input);
    const { region_width_mm: width, region_height_mm: height, ...rest } = asked;
    const found = { ...rest, region: `${width}x${height}` };
    if (!found.serum) delete found.serum;
    for (const [name, value] of Object.entries(found)) if (value === null) delete found[name];
    return found;
  }

  /** The settings as the address tells them: what is not as usual. */
  function fragment() {
    const told = new URLSearchParams();
    for (const number of shownSlots()) {
      const { told: one } = deviceOf(number);
      told.append("device", typeof one === "string" ? one : JSON.stringify(one));
    }
    for (const input of common()) {
      const value = take(input);
      if (value !== usual[input.dataset.set]) told.set(input.dataset.set, String(value ?? ""));
    }
    return `#${told}`;
  }

  /** Puts the settings of an address into the controls; what it does not know it leaves as usual. */
  function apply(text) {
    const told = new URLSearchParams(text.replace(/^#/, ""));
    for (const input of common()) {
      const given = told.get(input.dataset.set);
      const value = given === null ? usual[input.dataset.set] : input.type === "checkbox" ? given === "true" : given;
      put(input, value);
    }
    const asked = told.getAll("device").slice(0, slots.length);
    (asked.length ? asked : first).forEach((one, number) => {
      let own = {};
      try {
        own = one.startsWith("{") ? JSON.parse(one) : { base: one };
      } catch {
        own = {};
      }
      const name = Object.hasOwn(devices, own.base) ? own.base : first[0];
      fill(number, name);
      for (const [field, value] of Object.entries(own)) {
        const input = field === "base" ? null : fieldOf(slots[number], CSS.escape(field));
        if (input) put(input, value);
      }
    });
    slots.forEach((slot, number) => {
      slot.hidden = number >= Math.max(1, asked.length || first.length);
    });
    fit();
    add.disabled = shownSlots().length === slots.length;
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    const { target } = event;
    if (target.dataset.slides) target.parentElement.querySelector("[data-set]").value = target.value;
    else if (target.dataset.set && sliderOf(target)) sliderOf(target).value = target.value;
    if (target.dataset.device !== undefined) {
      const number = slots.indexOf(target.closest("[data-slot]"));
      fill(number, target.value);
      passesFor(number);
    }
    changed(false);
  });
  form.addEventListener("change", () => changed(true));
  add.addEventListener("click", () => {
    const next = slots.find((slot) => slot.hidden);
    if (!next) return;
    fill(slots.indexOf(next), base[slots.indexOf(next)]);
    next.hidden = false;
    fit();
    add.disabled = shownSlots().length === slots.length;
    next.querySelector("select").focus();
    changed(true);
  });
  for (const button of form.querySelectorAll("[data-remove]")) {
    button.addEventListener("click", () => {
      // The last one goes; those after the removed one move up.
      const from = slots.indexOf(button.closest("[data-slot]"));
      const shown = shownSlots();
      const told = shown.filter((number) => number !== from).map((number) => deviceOf(number).told);
      told.forEach((one, number) => {
        fill(number, typeof one === "string" ? one : one.base);
        for (const [field, value] of Object.entries(typeof one === "string" ? {} : one)) {
          const input = field === "base" ? null : fieldOf(slots[number], field);
          if (input) put(input, value);
        }
      });
      slots[shown.length - 1].hidden = true;
      fit();
      add.disabled = false;
      add.focus();
      changed(true);
    });
  }
  for (const slot of slots) for (const input of slot.querySelectorAll("[data-set]")) if (DEVICE_WHOLE.has(input.dataset.set)) input.step = 1;
  return { request, fragment, apply };
}
