import { posix } from "node:path";
import ts from "typescript";

/** Source text by path from the root of the repository, with forward slashes: `src/engine/engine.ts`. */
type Sources = ReadonlyMap<string, string>;

export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What each room may import besides itself. `index` is `src/index.ts`, what users import. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  policy: ["core"],
  detect: ["core"],
  engine: ["core", "policy", "detect"],
  store: ["core"],
  audit: ["core"],
  control: ["core"],
  rein: ["core", "policy", "engine", "store", "audit", "control"],
  analysis: ["core", "policy", "engine", "store", "audit"],
  redteam: ["core", "policy", "analysis", "store", "rein"],
  adapters: ["core", "policy", "analysis", "rein"],
  gateway: ["core", "policy", "analysis", "rein"],
  server: ["core", "policy", "analysis", "rein", "store", "audit"],
  cli: [
    ...["core", "policy", "detect", "engine", "store", "audit", "control", "rein", "analysis"],
    ...["redteam", "adapters", "gateway", "server", "index"],
  ],
  testing: [
    ...["core", "policy", "detect", "engine", "store", "audit", "control", "rein", "analysis"],
    ...["redteam", "adapters", "gateway", "server", "index"],
  ],
  index: ["core", "policy", "store", "rein"],
};

/** Rooms that run in a browser: nothing from Node. */
const BROWSER_SAFE = new Set(["core", "policy", "detect", "engine"]);
const NODE_GLOBALS = new Set([
  "process",
  "Buffer",
  "require",
  "module",
  "__dirname",
  "__filename",
  "setImmediate",
]);

/** Rooms where the same input gives the same output, on every machine and in every Node version. */
const DETERMINISTIC = new Set(["detect", "engine"]);
const IMPURE_GLOBALS = new Set([
  ...["Date", "performance", "Temporal", "Intl", "crypto", "console", "fetch", "navigator", "globalThis"],
  ...["setTimeout", "setInterval", "clearTimeout", "clearInterval", "clearImmediate", "queueMicrotask"],
]);
/** Members whose answer depends on the machine's language data. */
const LOCALE_MEMBERS = new Set([
  ...["localeCompare", "toLocaleString", "toLocaleLowerCase", "toLocaleUpperCase"],
]);

/** Rooms whose numbers have to agree between Node versions: `core` because it lends its math to the others. */
const EXACT = new Set(["core", "detect", "engine"]);
const EXACT_MATH = new Set([
  ...["min", "max", "floor", "ceil", "round", "trunc", "abs", "sign", "sqrt", "imul", "fround", "clz32"],
  ...["E", "LN2", "LN10", "LOG2E", "LOG10E", "PI", "SQRT1_2", "SQRT2"],
]);

/** Every broken rule of the house, one sentence each; tests are exempt. */
export function violations(sources: Sources, manifest: Manifest): string[] {
  const found: string[] = [];
  const edges = new Map<string, Set<string>>();
  for (const [path, text] of sources) {
    if (path.endsWith(".test.ts")) continue;
    const room = roomOf(path);
    if (room === undefined || !(room in ARROWS)) {
      found.push(`${path} is in no room of the house`);
      continue;
    }
    for (const specifier of importsOf(text)) {
      const problem = checkImport(path, room, specifier, manifest, edges);
      if (problem !== undefined) found.push(`${path} ${problem}`);
    }
    found.push(...checkNames(path, room, text));
  }
  const cycle = findCycle(edges);
  if (cycle !== undefined) found.push(`rooms import each other in a circle: ${cycle.join(" → ")}`);
  return found;
}

function roomOf(path: string): string | undefined {
  const [top, second, ...rest] = path.split("/");
  if (top !== "src" || second === undefined) return undefined;
  if (rest.length > 0) return second;
  return second === "index.ts" ? "index" : undefined;
}

/** Static, type-only, re-exporting and dynamic imports alike. */
function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);
}

function checkImport(
  path: string,
  room: string,
  specifier: string,
  manifest: Manifest,
  edges: Map<string, Set<string>>,
): string | undefined {
  if (specifier.startsWith(".")) {
    const target = roomOf(posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts"));
    if (target === undefined || !(target in ARROWS))
      return `imports ${specifier}, which is in no room of the house`;
    if (target === room) return undefined;
    edges.set(room, (edges.get(room) ?? new Set()).add(target));
    if (ARROWS[room]?.includes(target)) return undefined;
    return `imports ${specifier}: ${room} may not import ${target}`;
  }
  if (specifier.startsWith("node:")) {
    return BROWSER_SAFE.has(room) ? `imports ${specifier}: ${room} imports nothing from Node` : undefined;
  }
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (name === manifest.name) return `imports ${specifier}: the package imports itself by path, not by name`;
  if (name in (manifest.dependencies ?? {}) || name in (manifest.peerDependencies ?? {})) return undefined;
  return `imports ${specifier}, which is no dependency in package.json`;
}

function checkNames(path: string, room: string, text: string): string[] {
  if (!BROWSER_SAFE.has(room)) return [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const declared = declaredNames(source);
  const found: string[] = [];
  const report = (node: ts.Node, what: string): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    found.push(`${path}:${line} uses ${what}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isReference(node) && !declared.has(node.text)) {
      if (NODE_GLOBALS.has(node.text)) report(node, `${node.text}: ${room} uses nothing from Node`);
      if (DETERMINISTIC.has(room) && IMPURE_GLOBALS.has(node.text)) {
        report(node, `${node.text}: ${room} has no clock, no randomness and no I/O`);
      }
      if (node.text === "Math" && !isExactMath(node, room)) {
        report(
          node,
          `${node.parent.getText(source)}: ${room} computes with + − × ÷ √ and core's own functions`,
        );
      }
      if (node.text === "globalThis" && ts.isPropertyAccessExpression(node.parent)) {
        const member = node.parent.name.text;
        if (NODE_GLOBALS.has(member)) report(node, `globalThis.${member}: ${room} uses nothing from Node`);
      }
    }
    if (
      DETERMINISTIC.has(room) &&
      ts.isPropertyAccessExpression(node) &&
      LOCALE_MEMBERS.has(node.name.text)
    ) {
      report(node, `${node.name.text}: its answer depends on the machine`);
    }
    if (EXACT.has(room) && isInexactPower(node)) report(node, "**: its result differs between Node versions");
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Where numbers must be exact, `Math` may only stand before a function that is the same everywhere. */
function isExactMath(node: ts.Identifier, room: string): boolean {
  const { parent } = node;
  if (!ts.isPropertyAccessExpression(parent) || parent.expression !== node) return !EXACT.has(room);
  return EXACT.has(room) ? EXACT_MATH.has(parent.name.text) : true;
}

/** A power of a bigint, or of two to a written-down integer, is exact everywhere; no other is. */
function isInexactPower(node: ts.Node): boolean {
  if (!ts.isBinaryExpression(node)) return false;
  const { left, operatorToken, right } = node;
  if (operatorToken.kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken) return true;
  if (operatorToken.kind !== ts.SyntaxKind.AsteriskAsteriskToken) return false;
  return !ts.isBigIntLiteral(left) && !(left.getText() === "2" && /^-?\d+$/.test(right.getText()));
}

/** Names a file gives itself: a parameter called `process` is not the global. */
function declaredNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const name = (node as { name?: ts.Node }).name;
    if (isDeclaration(node) && name !== undefined && ts.isIdentifier(name)) names.add(name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

function isDeclaration(node: ts.Node): boolean {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node) ||
    ts.isNamespaceImport(node)
  );
}

/** Whether the identifier stands for a value or a type, rather than naming a member or a key. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isBindingElement(parent)) return parent.propertyName !== node;
  const isMember =
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isAccessor(parent) ||
    ts.isImportSpecifier(parent) ||
    ts.isExportSpecifier(parent) ||
    ts.isNamedTupleMember(parent) ||
    ts.isJsxAttribute(parent) ||
    ts.isLabeledStatement(parent) ||
    ts.isBreakOrContinueStatement(parent);
  return !isMember;
}

/** The first circle met, as the rooms on it. */
function findCycle(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const walk = (room: string, trail: readonly string[]): string[] | undefined => {
    const seenAt = trail.indexOf(room);
    if (seenAt >= 0) return [...trail.slice(seenAt), room];
    if (done.has(room)) return undefined;
    for (const next of edges.get(room) ?? []) {
      const cycle = walk(next, [...trail, room]);
      if (cycle !== undefined) return cycle;
    }
    done.add(room);
    return undefined;
  };
  for (const room of edges.keys()) {
    const cycle = walk(room, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
