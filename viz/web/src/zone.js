// A zone of the face, worked out when it is asked for: a line each second says how far it is, the last holds the figures.

import { startBody } from "./body.js";

/** Wires the section; `settings` gives what is asked of the flat skin, `ask` sends it. */
export function startZone(root, settings, ask) {
  const one = (name) => root.querySelector(`[data-zone${name}]`);
  const [zone, button, state, bar, part, command] = ["", "-roll", "-state", "-progress", "-part", "-command"].map(one);
  let number = 0;
  let map = null;

  async function* lines(answer) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let held = "";
    for (;;) {
      const { value, done } = await reader.read();
      held += value ?? "";
      const parts = held.split("\n");
      held = parts.pop();
      for (const line of parts) yield JSON.parse(line);
      if (done) return;
    }
  }

  function take(line) {
    if (line.error) throw new Error(line.error);
    if (line.html === undefined) {
      bar.max = line.of;
      bar.value = line.done;
      state.textContent = `${line.done} of ${line.of} done, ${line.seconds} s.`;
      return;
    }
    map?.end();
    part.innerHTML = line.html;
    map = startBody(part.querySelector("#body"), line.map, line.result);
    map.face(1); // turned so that the zone is seen
    command.textContent = line.command;
    command.parentElement.hidden = false;
    const files = Object.keys(line.files);
    state.textContent = files.length ? `Done. The command's files stand below: ${files.join(", ")}.` : "Done.";
  }

  button.addEventListener("click", async () => {
    number += 1;
    const own = number;
    const { site, region, active, dose_ug_per_cm2: dose, serum, occluded, sessions, interval_days: days, ...asked } = settings();
    bar.hidden = false;
    bar.removeAttribute("value");
    state.textContent = "Starting.";
    try {
      const answer = await ask({ ...asked, replicates: 1, zone: zone.value }, own);
      if (!answer) return;
      for await (const line of lines(answer)) if (own === number) take(line);
    } catch (error) {
      if (own === number) state.textContent = error.message;
    }
    if (own === number) bar.hidden = true;
  });
}
