// The one script of report and live page. The report starts from what the page itself holds, the live page asks a server.

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

if (document.body.dataset.life === "live") startLive();
else startReport();
