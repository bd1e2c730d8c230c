// The script of the report: starts the scene and the table of numbers from what the page itself holds.

import { startControls } from "./controls.js";
import { startNumbers } from "./numbers.js";
import { startScene } from "./scene.js";

const read = (id) => {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
};

const root = document.getElementById("scene");
const data = read("scene-data");
if (root && data) {
  const scene = startScene(root, data);
  root.classList.add(scene ? "is-live" : "is-missing");
  if (scene) startControls(root, scene, data);
}
startNumbers(document.getElementById("numbers"), read("result"), read("quantities"));
