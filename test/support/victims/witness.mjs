// Serves a witness until it is killed. Arguments: the compiled package, the state directory, the key file, the log's key.
const [dist, dir, keyFile, vkey] = process.argv.slice(2);
const { readWitnessKey, serveWitness, Witness } = await import(`${dist}/audit/witness/index.js`);
const { parseVkey } = await import(`${dist}/audit/note/index.js`);
const { nodeDisk } = await import(`${dist}/store/index.js`);

const { signer } = readWitnessKey(nodeDisk, keyFile, Date.now);
const witness = new Witness({ signer, logs: [parseVkey(vkey)], disk: nodeDisk, dir, now: Date.now });
const { url } = await serveWitness(witness, { host: "127.0.0.1", port: 0 });
process.stdout.write(`${JSON.stringify({ url, vkey: signer.vkey })}\n`);
