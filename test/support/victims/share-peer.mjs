// Appends numbered records to a shared log, without a governor: node share-peer.mjs DIR BOOT [OPTIONS as JSON]
// OPTIONS: burst (records at a time), everyMs (between bursts, 0: as fast as acknowledgements come), kind, segmentLeaves

// Made by the test that runs this.
const home = new URL("../../../build/under-test/dist/", import.meta.url).href;
const { SharePeer } = await import(`${home}audit/share/index.js`);
const { nodeDisk } = await import(`${home}store/node-disk.js`);

const [dir, boot, text = "{}"] = process.argv.slice(2);
const { burst = 32, everyMs = 1, kind, segmentLeaves, window = 20_000, headDirs } = JSON.parse(text);
/** @param {object} value */
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

let count = 0;
let isStopping = false;
let problem = /** @type {string | null} */ (null);
const peer = new SharePeer({
  disk: nodeDisk,
  dir,
  headDirs: headDirs ?? [`${dir}/head`],
  boot,
  software: "rein/test",
  now: Date.now,
  mono: () => performance.now(),
  kind,
  segmentLeaves,
  onAck: (/** @type {any} */ ack) => {
    say({ kind: "ack", ...ack, leads: peer.isLeading });
    if (everyMs === 0) setImmediate(work);
    if (isStopping && ack.durable === count - 1) finish();
  },
  onTrouble: (/** @type {string | null} */ news) => {
    problem = news;
    say({ kind: "trouble", problem });
  },
  warn: (/** @type {string} */ warning) => say({ kind: "warning", warning }),
});

function work() {
  if (isStopping || problem !== null || count - peer.ack.durable > window) return;
  for (let k = 0; k < burst; k++, count++) {
    const large = count % 997 === 500;
    if (large) {
      const value = JSON.stringify("x".repeat(70_000));
      const { createHash } = /** @type {any} */ (globalThis).nodeCrypto;
      const sha256 = createHash("sha256").update(value).digest("hex");
      peer.blob("image", value);
      const head = `{"at":${Date.now()},"boot":"${boot}","i":${count},`;
      peer.append(
        `${head}"image":{"$blob":"${sha256}","bytes":${value.length}},"mono":1,"n":`,
        ',"type":"test"}',
      );
    } else peer.append(`{"at":${Date.now()},"boot":"${boot}","i":${count},"mono":1,"n":`, ',"type":"test"}');
  }
  peer.write();
  peer.sync();
}

function finish() {
  clearInterval(timer);
  peer.close();
  say({ kind: "done", count });
  process.exit(0);
}

/** @type {any} */ (globalThis).nodeCrypto = await import("node:crypto");
process.stdin.on("data", (said) => {
  if (!said.toString().includes("stop")) return;
  isStopping = true;
  if (peer.ack.durable === count - 1) finish();
});
try {
  await peer.start();
  say({ kind: "ready", leads: peer.isLeading });
} catch (error) {
  const { code, message } = /** @type {any} */ (error);
  say({ kind: "refused", code, message });
}
const timer = setInterval(work, Math.max(1, everyMs));
