// Packs the package as npm would publish it, which builds it first, to build/pack/rein.tgz.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const out = "build/pack";
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const { status } = spawnSync("npm", ["pack", "--silent", "--pack-destination", out], {
  stdio: ["ignore", "ignore", "inherit"],
});
if (status !== 0) process.exit(status ?? 1);

const [tarball] = readdirSync(out);
if (tarball === undefined) throw new Error("npm pack made no tarball");
renameSync(`${out}/${tarball}`, `${out}/rein.tgz`);
