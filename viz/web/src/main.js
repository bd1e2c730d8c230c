// The one script of all pages. A report starts from what the page itself holds, the live page asks a server.

import { startBody, startSaving } from "./body.js";
import { channelsOf, startCharts } from "./charts.js";
import { startControls } from "./controls.js";
import { startLive } from "./live.js";
import { startNumbers } from "./numbers.js";
import { startScene } from "./scene.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);

function startReport() {
  const root = document.getElementById("scene");
  const [result, data] = [read("result"), read("scene-data")];
  startCharts(document)(read("charts"), result, channelsOf(data));
  const scene = startScene(root, data);
  if (scene) {
    root.classList.add("is-live");
    startControls(root, scene, data);
  }
  startNumbers(document.getElementById("numbers"), result, read("quantities"));
}

function startBodyReport() {
  const result = read("result");
  startSaving(document.querySelector("[data-save]"), result);
  startBody(document.getElementById("body"), read("body-data"), result);
}

const LIVES = { live: startLive, body: startBodyReport };
(LIVES[document.body.dataset.life] ?? startReport)();
