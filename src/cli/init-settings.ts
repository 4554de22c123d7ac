import { SETTINGS } from "../rein/config.js";
import type { SettingKey } from "../rein/settings.js";

interface Group {
  readonly title: string;
  /** What to know before changing any of them. */
  readonly about: readonly string[];
  readonly keys: readonly SettingKey[];
}

/** The settings that people change; docs/configuration.md has all of them. */
const GROUPS: readonly Group[] = [
  {
    title: "Shadow first",
    about: [
      "Begin in shadow mode: everything runs, and every decision is recorded with what enforcement would have done.",
      "When what would have been blocked looks right, enforce: take the # away below and write false. A `mode` that is",
      "passed to Rein.open goes before this setting.",
    ],
    keys: ["shadow", "enabled"],
  },
  {
    title: "Time",
    about: [],
    keys: ["haltDeadlineSeconds", "permitTtlSeconds", "approvalTtlSeconds"],
  },
  {
    title: "Losses",
    about: [
      "Rules on what rein.balance() is told. They hold where there is no policy; beside a policy they hold when",
      "Rein.open is passed `builtins: true`.",
    ],
    keys: ["portfolioFloorPct", "portfolioNuclearPct", "balanceFloorUsd"],
  },
  {
    title: "Records",
    about: [],
    keys: ["flushIntervalMs", "maxQueue"],
  },
  {
    title: "Room",
    about: ["Memory has a bound. At a bound the answer is a refusal or a shared count, never a free pass."],
    keys: ["maxLanes", "maxKeysPerRule", "maxInFlight", "maxApprovals", "maxNameLength"],
  },
];

/** The settings file that `rein init` writes: every setting commented out, at its default. */
export function starterSettings(): string {
  const head = [
    "Settings of Rein. A line that begins with #REIN_ is a setting at its default: take the # away to change it.",
    "",
    "Load this file, and hand the settings on:",
    "  node --env-file=rein.env agent.js",
    "  Rein.open({ config: ReinConfig.fromEnv(), … })",
    "",
    "A wrong value is an error at start that names the setting; a name that is none is warned of.",
  ];
  return `${[commented(head), ...GROUPS.map(groupText)].join("\n\n")}\n`;
}

function groupText({ title, about, keys }: Group): string {
  return [commented([`---- ${title} ----`, ...about]), ...keys.map(settingText)].join("\n\n");
}

function settingText(key: SettingKey): string {
  const setting = SETTINGS.find((each) => each.key === key)!;
  const { name, meaning, default: preset } = setting;
  const accepted =
    "min" in setting ? `From ${setting.min} to ${setting.max} (${setting.unit}).` : "true or false.";
  return `${commented([meaning, accepted])}\n#REIN_${name}=${preset}`;
}

function commented(lines: readonly string[]): string {
  return lines.map((line) => (line === "" ? "#" : `# ${line}`)).join("\n");
}
