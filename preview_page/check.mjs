// Is the committed page what its sources make?
import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const committed = "../server/posecast/preview/static";
const made = await mkdtemp(join(tmpdir(), "page-"));
execFileSync("node", ["build.mjs", made], { stdio: "inherit" });
const names = [...new Set([...(await readdir(made)), ...(await readdir(committed))])];
const differs = [];
for (const name of names) {
  const [ours, fresh] = await Promise.all([committed, made].map((folder) => readFile(join(folder, name), "utf8").catch(() => "")));
  if (ours !== fresh) differs.push(name);
}
await rm(made, { recursive: true });
if (differs.length) {
  console.error(`out of date: ${differs.join(", ")}; run: make page`);
  process.exit(1);
}
console.log("up to date");
