import type { Bar, Section } from "./section.js";
import { holds } from "./numbers.js";

/** What became of one set. */
export type Finding =
  | {
      readonly id: string;
      readonly title: string;
      readonly is: "evaluated";
      readonly seconds: number;
      readonly section: Section;
    }
  | { readonly id: string; readonly title: string; readonly is: "absent" }
  | {
      readonly id: string;
      readonly title: string;
      readonly is: "failed";
      readonly seconds: number;
      readonly error: string;
    };

/** One run over all chosen sets, in their order. */
export interface Report {
  readonly command: string;
  readonly folder: string;
  /** The day of the run, `YYYY-MM-DD`. */
  readonly day: string;
  readonly node: string;
  readonly findings: readonly Finding[];
}

/** A bar with the set that it is from. */
export interface MeasuredBar extends Bar {
  readonly set: string;
  readonly holds: boolean;
}

/** All bars of the sets that were evaluated. */
export function barsOf({ findings }: Report): MeasuredBar[] {
  return findings.flatMap((finding) =>
    finding.is === "evaluated"
      ? finding.section.bars.map((bar) => ({ ...bar, set: finding.id, holds: holds(bar) }))
      : [],
  );
}

/** 0: every bar holds; 1: a set failed, or none had data; 2: some bar is missed. */
export function exitCodeOf(report: Report): 0 | 1 | 2 {
  const evaluated = report.findings.some(({ is }) => is === "evaluated");
  if (!evaluated || report.findings.some(({ is }) => is === "failed")) return 1;
  return barsOf(report).every((bar) => bar.holds) ? 0 : 2;
}

/** The report for programs; numbers that JSON lacks are told as strings. */
export function jsonOf(report: Report): string {
  const { findings, ...run } = report;
  const value = { ...run, exitCode: exitCodeOf(report), bars: barsOf(report), sets: findings };
  return `${JSON.stringify(value, withStrangeNumbers, 2)}\n`;
}

function withStrangeNumbers(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
