// Bundles src/ and three.js into dist/page.js, the one script of all pages; the same sources give the same bytes.
// `node build.js FILE` writes elsewhere.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { dependencies } = JSON.parse(readFileSync(here("package.json"), "utf8"));
const licence = readFileSync(here("LICENSE.three"), "utf8").trim();

await build({
  absWorkingDir: here("."),
  entryPoints: ["src/main.js"],
  outfile: process.argv[2] ?? here("dist/page.js"),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  charset: "utf8",
  legalComments: "none", // three's licence stands whole in the banner
  banner: { js: `/* Holds three.js ${dependencies.three}:\n${licence}\n*/` },
});
