// npm run demo: the same agent without Rein and with it, against real servers on this machine.
import { parseArgs } from "node:util";
import { runDemo } from "./demo.js";
import { Screen } from "./terminal.js";

const HELP = `npm run demo [-- --json | --help]

An agent does honest work, then goes wrong four ways: a retry loop on a paid API,
mails to the wrong list, trading on after the price feed died, and tools that
ignore abort. It runs twice, without Rein and with it, against real servers on
127.0.0.1 that count what reaches them. No network is needed.

  --json   print nothing but what was counted, as JSON
  --help   print this

Exit code: 0 when everything that Rein promises was so, 1 when not.
`;

const options = readOptions();
if (options === undefined) {
  process.stderr.write(HELP);
  process.exitCode = 1;
} else if (options.help === true) {
  process.stdout.write(HELP);
} else {
  // `--json` names failed checks too: under `checks`.
  const result = await runDemo(new Screen(options.json === true ? undefined : process.stdout));
  if (options.json === true) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  if (result.checks.some(({ holds }) => !holds)) process.exitCode = 1;
}

function readOptions(): { readonly json?: boolean; readonly help?: boolean } | undefined {
  try {
    return parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } })
      .values;
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n\n`);
    return undefined;
  }
}
