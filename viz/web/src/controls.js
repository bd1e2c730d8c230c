// The reader's controls of the scene: sliders, switches, pointer and keys, and the words that answer them.

const KEYS = {
  ArrowLeft: [-0.12, 0, 1],
  ArrowRight: [0.12, 0, 1],
  ArrowUp: [0, 0.1, 1],
  ArrowDown: [0, -0.1, 1],
  "+": [0, 0, 0.85],
  "=": [0, 0, 0.85],
  "-": [0, 0, 1 / 0.85],
};

/** Wires the controls to the scene; returns what takes other data once the scene has loaded them. */
export function startControls(root, scene, firstData) {
  let data = firstData;
  const one = (name) => root.querySelector(`[data-${name}]`);
  const canvas = root.querySelector("canvas");
  const [pass, passSaid, cut, cutSaid] = ["pass-slider", "pass-said", "cut-slider", "cut-said"].map(one);
  const [tip, said, rollButton, sampled] = ["tip", "channel-said", "roll", "sampled"].map(one);
  const device = () => scene.device();

  function describe(at) {
    const { channels, strokes } = device();
    const depth = (tenths) => `${Math.round(tenths / 10)} µm`;
    return [
      `Pass ${strokes.pass_number[channels.stroke[at]]}, ring ${channels.ring[at] + 1}, needle ${channels.needle[at] + 1}`,
      `Peak depth ${depth(channels.peak[at])}, ends in the ${data.layers[channels.peak_layer[at]].words}`,
      channels.residual[at]
        ? `Residual depth ${depth(channels.residual[at])}, ends in the ${data.layers[channels.residual_layer[at]].words}`
        : "Closed as soon as the needle has left",
    ];
  }

  function tell(at, aloud) {
    tip.hidden = at < 0;
    if (at < 0) {
      if (aloud) said.textContent = "";
      return;
    }
    const lines = describe(at);
    tip.replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    const [x, y] = scene.placeOf(at);
    const room = canvas.clientWidth - tip.offsetWidth - 8;
    const below = y + 14 + tip.offsetHeight < canvas.clientHeight; // beside the channel, not over it
    tip.style.left = `${Math.max(8, Math.min(x + 14, room))}px`;
    tip.style.top = `${Math.max(8, below ? y + 14 : y - 14 - tip.offsetHeight)}px`;
    if (aloud) said.textContent = `${lines.join(". ")}.`;
  }

  function say() {
    const { state } = scene;
    pass.max = device().passes;
    pass.value = state.pass;
    passSaid.textContent = `${state.pass} of ${device().passes}`;
    pass.setAttribute("aria-valuetext", `after pass ${state.pass} of ${device().passes}`);
    const depth = Math.round(1000 * state.cutMm);
    cutSaid.textContent = depth ? `${depth} µm taken away` : "whole skin";
    cut.setAttribute("aria-valuetext", cutSaid.textContent);
    rollButton.textContent = scene.isRolling() ? "Pause" : "Roll";
    sampled.textContent = device().said;
    root.querySelector("[data-count]").textContent = `${Number(root.dataset.shown).toLocaleString("en")} channels shown`;
  }

  let taken = false; // the roller, by the look from above and not by the reader
  function bringBack() {
    if (taken && !scene.state.roller) one("roller-choice").click();
    taken = false;
  }

  function still() {
    scene.stop();
    tell(-1, true);
  }

  pass.addEventListener("input", () => {
    still();
    scene.showPass(Number(pass.value));
    say();
  });
  cut.addEventListener("input", () => {
    tell(-1, true);
    scene.state.pointed = -1;
    scene.state.cutMm = Number(cut.value) / 1000;
    scene.apply();
    say();
  });
  rollButton.addEventListener("click", () => {
    tell(-1, true);
    if (scene.isRolling()) scene.stop();
    else {
      bringBack();
      scene.roll(say);
    }
    say();
  });
  const chosen = one("devices");
  chosen.addEventListener("change", (event) => {
    still();
    const atEnd = scene.state.pass === device().passes;
    scene.state.device = Number(event.target.value);
    scene.showPass(atEnd ? device().passes : scene.state.pass);
    say();
  });
  let labels = "";
  function nameDevices() {
    const names = data.devices.map(({ label }) => label);
    if (labels === names.join("\n")) return;
    labels = names.join("\n");
    chosen.hidden = names.length < 2;
    chosen.replaceChildren(chosen.firstElementChild);
    names.forEach((name, number) => {
      const choice = Object.assign(document.createElement("input"), { type: "radio", name: "device", value: number });
      choice.dataset.deviceChoice = "";
      choice.checked = number === scene.state.device;
      const words = Object.assign(document.createElement("span"), { className: "name", textContent: name });
      const label = Object.assign(document.createElement("label"), { dir: "auto" });
      label.append(choice, words);
      chosen.append(label);
    });
  }

  for (const choice of root.querySelectorAll("[data-depth-choice]")) {
    choice.addEventListener("change", () => {
      tell(-1, true);
      scene.state.pointed = -1;
      scene.state.residual = choice.value === "residual";
      scene.apply();
      say();
    });
  }
  one("roller-choice").addEventListener("change", (event) => {
    taken = false;
    scene.state.roller = event.target.checked;
    scene.apply();
  });
  root.querySelectorAll("[data-layer-choice]").forEach((box, number) => {
    box.addEventListener("change", () => {
      scene.state.layers[number] = box.checked;
      scene.apply();
    });
  });
  for (const button of root.querySelectorAll("[data-look]")) {
    button.addEventListener("click", () => {
      tell(-1);
      // From above the roller would hide what it has done; the next look has it back.
      if (button.dataset.look !== "above") bringBack();
      else if (scene.state.roller) {
        one("roller-choice").click();
        taken = true;
      }
      scene.look(button.dataset.look);
      say();
    });
  }
  for (const button of root.querySelectorAll("[data-next]")) {
    button.addEventListener("click", () => {
      scene.stop();
      tell(scene.pointNext(Number(button.dataset.next)), true);
      say();
    });
  }

  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons) tell(-1);
    else if (!scene.isRolling()) tell(scene.pointAt(event.clientX, event.clientY));
  });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") tell(scene.pointAt(event.clientX, event.clientY));
  });
  canvas.addEventListener("pointerleave", () => tell(-1));
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (KEYS[event.key]) {
      tell(-1);
      scene.turn(...KEYS[event.key]);
    } else if (event.key === "n" || event.key === "p") {
      tell(scene.pointNext(event.key === "n" ? 1 : -1), true);
    } else if (event.key === "Escape") {
      tell(-1, true);
    } else {
      return;
    }
    event.preventDefault();
  });
  const begin = () => {
    cut.max = Math.round(1000 * data.depths_mm[1]);
    one("deepest").textContent = `${cut.max} µm deep`;
    nameDevices();
    say();
  };
  begin();
  return (next) => {
    data = next;
    tell(-1);
    begin();
  };
}
