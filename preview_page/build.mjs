// Makes the page that the wheel carries: one script, its style and the page itself.
import { build } from "esbuild";
import { copyFile, mkdir } from "node:fs/promises";

const out = process.argv[2] ?? "../server/posecast/preview/static";
await mkdir(out, { recursive: true });
await build({
  entryPoints: { page: "src/main.js", render: "src/render.js" },
  outdir: out, bundle: true, minify: true, splitting: true, chunkNames: "head", format: "esm", target: "es2022",
  legalComments: "eof", charset: "utf8", logLevel: "warning",
});
for (const name of ["index.html", "page.css", "microphone.js", "icon.svg"]) await copyFile(`src/${name}`, `${out}/${name}`);
