// Khronos' glTF validator over files: prints a JSON line of what it found in each.
import { readFile } from "node:fs/promises";
import validator from "gltf-validator";

for (const path of process.argv.slice(2)) {
  const { issues, info } = await validator.validateBytes(new Uint8Array(await readFile(path)), { maxIssues: 50 });
  console.log(JSON.stringify({ path, errors: issues.numErrors, warnings: issues.numWarnings, messages: issues.messages, info }));
}
