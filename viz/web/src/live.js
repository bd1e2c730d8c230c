// The live page: each change of a setting is asked of the server, the first answer at once, the rest behind it.

import { channelsOf, startCharts } from "./charts.js";
import { startControls } from "./controls.js";
import { html } from "./frame.js";
import { startScene } from "./scene.js";
import { startSettings } from "./settings.js";
import { startZone } from "./zone.js";

const REST_AFTER_MS = 120; // without another change
const SCENE_AFTER_MS = 30; // numbers and charts come before it

export function startLive() {
  const one = (name) => document.querySelector(`[data-${name}]`);
  const settings = startSettings(document.querySelector("form.settings"), JSON.parse(document.getElementById("settings").textContent), changed);
  const client = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  const token = new URLSearchParams(location.search).get("token");
  const draw = startCharts(document);
  const root = document.getElementById("scene");
  const marks = document.documentElement.dataset; // what has been shown: tests and measurements read it
  let [number, busy, wanted, waiting, asked] = [0, false, null, 0, ""];
  let [scene, sceneTakes, whole, drawn] = [null, null, null, ""];
  let [signature, reports] = [{}, 0];

  async function ask(path, body, own, who = client) {
    const headers = { "Content-Type": "application/json", "Dermaroll-Client": who, "Dermaroll-Number": String(own) };
    if (token) headers["Dermaroll-Token"] = token;
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.ok) return answer;
    if (answer.status === 409) return null; // a newer request of this page is on its way
    throw new Error((await answer.json()).error);
  }

  function changed(released, anyway = false) {
    const request = settings.request();
    const told = JSON.stringify(request);
    if (released) {
      const address = location.pathname + location.search + settings.fragment();
      if (settings.fragment() !== location.hash) history.pushState(null, "", address);
    }
    if (told === asked && !anyway) return; // a slider let go where it was, a field left
    asked = told;
    number += 1;
    wanted = { ...request, number };
    marks.asked = String(number);
    whole = null;
    clearTimeout(waiting);
    document.body.classList.add("is-coming");
    pump();
  }

  /** Asks for the newest settings, one request at a time, so that answers come in order. */
  async function pump() {
    if (busy) return;
    busy = true;
    while (wanted) {
      const { number: own, ...body } = wanted;
      wanted = null;
      try {
        const answer = await ask("/api/view", { ...body, detail: "first" }, own);
        if (answer) {
          show(await answer.json(), own, "first");
          tell("");
        }
        clearTimeout(waiting);
        if (!wanted) waiting = setTimeout(() => rest(body, own), REST_AFTER_MS);
      } catch (error) {
        if (!wanted) tell(error.message);
      }
    }
    busy = false;
  }

  async function rest(body, own) {
    if (own !== number) return;
    try {
      const answer = await ask("/api/view", { ...body, detail: "rest" }, own);
      if (!answer || own !== number) return;
      const found = await answer.json();
      if (own !== number) return;
      show(found, own, "rest");
      await overMonths(body, own);
    } catch (error) {
      if (own === number) tell(error.message);
    }
  }

  async function overMonths(body, own) {
    const place = document.getElementById("months");
    place.hidden = !(body.sessions > 1);
    if (place.hidden) return;
    const answer = await ask("/api/view", { ...body, detail: "months" }, own);
    if (!answer || own !== number) return;
    const found = await answer.json();
    takeChapters(found);
    draw(found.charts, found.result, null);
    whole = { ...whole, command: `${whole.command}\n${found.command}`, files: { ...whole.files, ...found.files } };
    tellCommand(whole);
  }

  function tell(error) {
    const place = one("error");
    place.hidden = !error;
    place.textContent = error;
    if (!error) return;
    document.body.classList.remove("is-coming");
    one("state").textContent = "These settings can't be used.";
    marks.refused = String(number);
  }

  function takeChapters({ chapters, captions }) {
    for (const [name, markup] of Object.entries(chapters)) {
      const place = document.querySelector(`[data-chapter="${name}"]`);
      // Places of charts stay as long as the same charts are shown: a reader may be on one of them.
      const plain = markup.replace(/<figcaption[^]*?<\/figcaption>/g, "");
      if (signature[name] !== plain) {
        signature[name] = plain;
        place.innerHTML = markup;
      }
      place.classList.remove("later");
    }
    for (const [name, words] of Object.entries(captions)) {
      const place = document.querySelector(`[data-caption="${name}"]`);
      if (place) place.textContent = words;
    }
  }

  function show(found, own, detail) {
    document.body.classList.toggle("is-coming", detail === "first");
    one("title").textContent = found.title;
    one("subtitle").textContent = found.subtitle;
    for (const [name, markup] of Object.entries(found.html)) one(`part="${name}"`).innerHTML = markup;
    takeChapters(found);
    draw(found.charts, found.result, channelsOf(found.scene));
    marks[detail] = String(own);
    const people = found.people > 1 ? `mean of ${found.people} people` : "the average person";
    one("state").textContent =
      detail === "first" ? `First answer: the average person. Bands, gaps and what follows are coming.` : `All there: ${people}.`;
    if (detail === "rest") {
      whole = found;
      tellCommand(whole);
    }
    setTimeout(() => showScene(found.scene, own), SCENE_AFTER_MS);
  }

  function showScene(data, own) {
    if (own !== number && wanted) return; // another answer is on its way
    const told = JSON.stringify(data); // what is shown already is not built anew
    if (scene && told !== drawn) {
      scene.load(data);
      sceneTakes(data);
    } else if (!root.classList.contains("is-live") && root.dataset.tried === undefined) {
      root.dataset.tried = "";
      scene = startScene(root, data);
      if (scene) {
        root.classList.add("is-live");
        sceneTakes = startControls(root, scene, data);
      }
    }
    drawn = told;
    marks.scene = String(own);
  }

  function tellCommand({ command, files }) {
    one("command").textContent = command;
    one("files").replaceChildren(
      ...Object.entries(files).flatMap(([name, text]) => [
        html("p", { className: "about" }, `${name}:`),
        html("pre", { tabIndex: 0 }, html("code", { textContent: text })),
      ]),
    );
  }

  async function copy(text, said) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = html("textarea", { value: text });
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    one("state").textContent = said;
  }

  one("copy-link").addEventListener("click", () => copy(location.origin + location.pathname + settings.fragment(), "The link is copied."));
  one("copy-command").addEventListener("click", () => {
    if (!whole) {
      one("state").textContent = "The rest is still coming; once it is there, its command is.";
      return;
    }
    const files = Object.entries(whole.files).map(([name, text]) => `cat > ${name} <<'TOML'\n${text}TOML\n`);
    copy(`${files.join("")}${whole.command}\n`, "The command is copied.");
  });
  one("save-report").addEventListener("click", async () => {
    one("state").textContent = "Writing the report.";
    try {
      reports += 1; // by a client of its own: a slider that moves on does not break it off
      const answer = await ask("/api/report", settings.request(), reports, `${client}-report`);
      if (!answer) return;
      const link = html("a", { href: URL.createObjectURL(await answer.blob()), download: "dermaroll.html" });
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      one("state").textContent = "The report is saved.";
    } catch (error) {
      tell(error.message);
    }
  });
  startZone(document.getElementById("zone"), () => settings.request(), (body, own) => ask("/api/zone", body, own, `${client}-zone`));
  window.addEventListener("popstate", () => {
    settings.apply(location.hash);
    changed(false, true);
  });
  settings.apply(location.hash);
  changed(false);
}
