import { parseArgs } from "node:util";

/** What a run is asked for. */
export interface Options {
  readonly folder: string;
  /** Ids of the sets to run; undefined: all. */
  readonly only: readonly string[] | undefined;
  readonly out: string;
  readonly json: boolean;
  readonly list: boolean;
  readonly help: boolean;
}

/** The words on the command line were not understood. */
export class UsageError extends Error {}

/**
 * Reads the words after the program's name.
 *
 * @throws UsageError for options, or more folders, than there are
 */
export function readArguments(words: readonly string[], defaults: Pick<Options, "folder" | "out">): Options {
  const { values, positionals } = parsed(words);
  const [folder, surplus] = positionals;
  if (surplus !== undefined) throw new UsageError(`one folder at a time: \`${surplus}\` is one too many`);
  const only = values.only?.flatMap((list) => list.split(",")).map((id) => id.trim());
  if (only?.includes("") === true) throw new UsageError("--only needs the ids of sets; --list names them");
  return {
    folder: folder ?? defaults.folder,
    only,
    out: values.out ?? defaults.out,
    json: values.json === true,
    list: values.list === true,
    help: values.help === true,
  };
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        only: { type: "string", multiple: true },
        out: { type: "string" },
        json: { type: "boolean" },
        list: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
