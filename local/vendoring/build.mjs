// Bundles the console's browser libraries from node_modules (at the versions of package-lock.json) into console/vendor/,
// with the licences of everything in them. `make vendor` runs it; a test compares LIBRARIES.json with package-lock.json.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..", "..");
const out = join(root, "console", "vendor");
const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

// CodeMirror's maker of elements sets styles as attributes, which the console's rules for the browser do not allow; as properties they are.
const stylesAsProperties = { name: "styles as properties", setup: (building) => building.onLoad({ filter: /node_modules\/crelt\/index\.js$/ }, ({ path }) => {
  const told = 'if (typeof value == "string") elt.setAttribute(name, value)';
  const text = readFileSync(path, "utf8");
  if (!text.includes(told)) throw new Error("crelt has changed; look at it again");
  return { contents: text.replace(told, `if (name == "style") elt.style.cssText = value\n      else ${told}`), loader: "js" };
}) };

const libraries = {};
for (const name of ["codemirror", "d3", "yaml"]) {
  const made = await build({
    entryPoints: [join(import.meta.dirname, `${name}.js`)], outfile: join(out, `${name}.js`), absWorkingDir: root,
    bundle: true, minify: true, format: "esm", target: "es2022", legalComments: "none", metafile: true, plugins: [stylesAsProperties], logLevel: "warning",
    banner: { js: "/* Third-party libraries, bundled by `make vendor`; licences in LICENSES.txt beside this file. */" },
  });
  const inside = new Set(Object.keys(made.metafile.inputs).map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean));
  libraries[`${name}.js`] = Object.fromEntries([...inside].sort().map((each) => [each, lock[`node_modules/${each}`].version]));
}

const names = [...new Set(Object.values(libraries).flatMap((each) => Object.keys(each)))].sort();
const licences = names.map((name) => {
  const folder = join(root, "node_modules", name);
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${name} carries no licence file; it cannot be vendored`);
  return `${name} ${lock[`node_modules/${name}`].version} (${lock[`node_modules/${name}`].license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
});
writeFileSync(join(out, "LICENSES.txt"), licences.join(`\n${"-".repeat(100)}\n\n`));
writeFileSync(join(out, "LIBRARIES.json"), `${JSON.stringify(libraries, null, 1)}\n`);
