import type { Model, ToolCall } from "./agent.js";
import type { PriceFeed } from "./price-feed.js";

/** A day in the office: a few companies to look up, a few people to write to, a few trades on fresh prices. */
export function honestWork(feed: PriceFeed): Model {
  const companies = ["Acme", "Globex", "Initech"];
  const people = ["ada", "grace", "edsger", "barbara"];
  const chores: (() => ToolCall)[] = [
    ...companies.map((name) => (): ToolCall => ({ tool: "lookup_company", args: { name } })),
    ...people.map((name) => (): ToolCall => mailTo(`${name}@team.test`, "The week in review")),
    ...companies.map(() => () => trade(feed)),
  ];
  return ({ step }) => chores.slice(step, step + 1).map((chore) => chore());
}

/** "It says temporarily, so I shall try again." */
export const retryForever: Model = ({ results }) =>
  results.some(({ ok }) => ok) ? [] : [{ tool: "lookup_company", args: { name: "Hooli" } }];

/** The note was meant for the team; the list it picked has every customer on it. */
export const mailWrongList: Model = ({ step }) =>
  WRONG_LIST.slice(step, step + 1).map((to) => mailTo(to, "Layoffs: please keep this to yourself"));

const WRONG_LIST = Array.from({ length: 80 }, (_, index) => `customer-${index + 1}@customers.test`);

/** Buys low and sells high, at the last price it heard of, until `isOver`. */
export function tradeOn(feed: PriceFeed, isOver: () => boolean): Model {
  return () => (isOver() ? [] : [trade(feed)]);
}

/** Cleans up the customer database, twenty at a time; and the backup while it is at it. */
export const deleteCustomers: Model = ({ step }) => {
  if (step > 0) return [];
  const deletions = Array.from({ length: 20 }, (_, id): ToolCall => ({
    tool: "delete_customer",
    args: { id, workMs: 300 + 15 * id },
  }));
  return [...deletions, { tool: "export_backup", args: { workMs: 1300 } }];
};

function mailTo(to: string, subject: string): ToolCall {
  return { tool: "send_email", args: { to, subject } };
}

function trade({ latest: { seq, price } }: PriceFeed): ToolCall {
  return { tool: "place_order", args: { side: price < 100 ? "buy" : "sell", seq } };
}
