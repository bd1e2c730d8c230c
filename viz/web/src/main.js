// The script of the report: starts the charts, the scene and the table of numbers from what the page itself holds.

import { channelsOf, startCharts } from "./charts.js";
import { startControls } from "./controls.js";
import { startNumbers } from "./numbers.js";
import { startScene } from "./scene.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);

const root = document.getElementById("scene");
const [result, data] = [read("result"), read("scene-data")];
startCharts(document)(read("charts"), result, channelsOf(data));
const scene = startScene(root, data);
if (scene) {
  root.classList.add("is-live");
  startControls(root, scene, data);
}
startNumbers(document.getElementById("numbers"), result, read("quantities"));
