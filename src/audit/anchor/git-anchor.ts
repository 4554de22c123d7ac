import { messageOf, ReinError } from "../../core/errors.js";
import { contradictionOf, readHead } from "./anchor.js";
import type { Anchor, Contradiction, Published, PublishContext, SignedHead } from "./anchor.js";
import type { HeadList } from "./file-anchor.js";
import { runProgram } from "./run-program.js";

export interface GitAnchorOptions {
  /** A repository, with or without a work tree. */
  readonly repository: string;
  /** A remote that the branch is pushed to, such as `origin`; none by default. */
  readonly push?: string | undefined;
}

/** The file in the branch that holds the head. */
const FILE = "checkpoint";
/** Commits that are looked at. */
const MAX_COMMITS = 10_000;
/** The name of who commits: a machine. */
const WHO = {
  ...{ GIT_AUTHOR_NAME: "rein audit", GIT_AUTHOR_EMAIL: "rein-audit@localhost" },
  ...{ GIT_COMMITTER_NAME: "rein audit", GIT_COMMITTER_EMAIL: "rein-audit@localhost" },
};

/**
 * A branch of a git repository, one for each log, whose commits are its heads, one after the other. The work tree, the
 * index and all other branches stay as they are, and the branch moves only from the commit that was looked at.
 */
export function gitAnchor({ repository, push }: GitAnchorOptions): Anchor {
  return {
    kind: "git",
    where: repository,
    isList: true,
    publish: (head, context) => publish(repository, push, head, context),
  };
}

/** The branch of a log. */
export function branchOf(origin: string): string {
  const slug = origin
    .replace(/[^A-Za-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 100);
  return `refs/heads/rein-audit/${slug === "" ? "log" : slug}`;
}

/**
 * Reads the heads that a repository has of a log, oldest first; nothing when it has no branch for it.
 *
 * @throws ReinError `anchor_failed`
 */
export async function readGitHeads(
  repository: string,
  context: Pick<PublishContext, "verifiers" | "timeoutMs" | "signal"> & { readonly origin: string },
): Promise<HeadList> {
  const git = gitOf(repository, context);
  const commit = await tipOf(git, branchOf(context.origin));
  if (commit === undefined) return { heads: [], problems: [] };
  const commits = (await git(["rev-list", "--reverse", `--max-count=${MAX_COMMITS}`, commit])).split("\n");
  const wanted = commits.filter((each) => each !== "").map((each) => `${each}:${FILE}\n`);
  const all = Buffer.from(await git(["cat-file", "--batch"], wanted.join("")), "latin1");
  const heads: SignedHead[] = [];
  const problems: string[] = [];
  for (const note of objectsOf(all)) {
    const head = readHead(note, context.origin, context.verifiers);
    if (typeof head === "string") problems.push(`a commit in \`${repository}\` ${head}`);
    else heads.push(head);
  }
  return { heads, problems };
}

async function publish(
  repository: string,
  push: string | undefined,
  head: SignedHead,
  context: PublishContext,
): Promise<Published | Contradiction> {
  const git = gitOf(repository, context);
  const branch = branchOf(head.origin);
  try {
    const tip = await tipOf(git, branch);
    let isNew = true;
    let commit = tip ?? "";
    if (tip !== undefined) {
      const note = Buffer.from(await git(["cat-file", "blob", `${tip}:${FILE}`]), "latin1").toString("utf8");
      const kept = readHead(note, head.origin, context.verifiers);
      if (typeof kept === "string") throw new Error(`the head on \`${branch}\` ${kept}`);
      const contradiction = contradictionOf(kept, context.log, `\`${repository}\``);
      if (contradiction !== undefined) return contradiction;
      isNew = kept.size < head.size;
    }
    if (isNew) {
      commit = await commitOf(git, head, tip);
      await git(["update-ref", "-m", `rein audit: ${head.size} leaves`, branch, commit, tip ?? ""]);
    }
    if (push !== undefined) await git(["push", "--quiet", "--end-of-options", push, `${branch}:${branch}`]);
    return { isNew, detail: { branch, commit } };
  } catch (cause) {
    throw new ReinError(
      "anchor_failed",
      `the head cannot be committed to \`${repository}\`: ${messageOf(cause)}`,
      { help: `check the repository: git -C ${repository} log ${branch}`, cause },
    );
  }
}

type Git = (args: readonly string[], input?: string) => Promise<string>;

function gitOf(repository: string, { timeoutMs, signal }: Pick<PublishContext, "timeoutMs" | "signal">): Git {
  return async (args, input = "") => {
    const { code, stdout, stderr } = await runProgram("git", ["-C", repository, ...args], {
      ...{ input, timeoutMs, signal },
      env: { GIT_TERMINAL_PROMPT: "0", LC_ALL: "C", ...WHO },
    });
    if (code !== 0) throw new Error(`git ${args[0]} says: ${stderr.trim().slice(0, 500)}`);
    return stdout.toString("latin1");
  };
}

/** The newest commit of a branch; undefined when there is no branch. */
async function tipOf(git: Git, branch: string): Promise<string | undefined> {
  const found = (await git(["for-each-ref", "--format=%(objectname)", branch])).trim();
  return found === "" ? undefined : found.split("\n")[0]!;
}

async function commitOf(
  git: Git,
  { size, noteText }: SignedHead,
  parent: string | undefined,
): Promise<string> {
  const blob = (await git(["hash-object", "-w", "--stdin"], noteText)).trim();
  const tree = (await git(["mktree"], `100644 blob ${blob}\t${FILE}\n`)).trim();
  const parents = parent === undefined ? [] : ["-p", parent];
  return (await git(["commit-tree", tree, ...parents], `${size} leaves\n`)).trim();
}

/** Takes the answer of `cat-file --batch` apart: a line that ends with the length, the bytes, a newline. */
function* objectsOf(all: Buffer): Generator<string> {
  for (let at = 0; at < all.length;) {
    const end = all.indexOf("\n", at);
    if (end < 0) return;
    const bytes = Number(/ blob (\d+)$/.exec(all.toString("latin1", at, end))?.[1] ?? NaN);
    at = end + 1;
    if (Number.isNaN(bytes)) {
      yield "";
      continue;
    }
    yield all.toString("utf8", at, at + bytes);
    at += bytes + 1;
  }
}
