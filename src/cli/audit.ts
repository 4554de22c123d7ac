import type { Command } from "commander";
import { addAuditAnchor } from "./audit-anchor.js";
import { appendAsOwner, neededFrom } from "./audit-append.js";
import { addAuditDisclose } from "./audit-disclose.js";
import { addAuditErase } from "./audit-erase.js";
import { addAuditExport } from "./audit-export.js";
import { addAuditExportTiles } from "./audit-export-tiles.js";
import { addAuditImport } from "./audit-import.js";
import { addAuditProve } from "./audit-prove.js";
import { addAuditRetention } from "./audit-retention.js";
import { addAuditTail } from "./audit-tail.js";
import { addAuditVerify } from "./audit-verify.js";
import { addAuditWitness } from "./audit-witness.js";
import type { Io } from "./io.js";

const HELP = `
The log is a Merkle tree with signed checkpoints (C2SP tlog-checkpoint): whoever
has its public key, and a checkpoint that was kept outside, can tell whether one
byte of it was changed, removed or added later.

DIR is the log's directory, or the state directory of a governor.

Examples:
  rein audit verify ./rein_state
  rein audit tail ./rein_state --follow
  rein audit prove 4711 ./rein_state -o 4711.tlog-proof`;

/** `rein audit`: everything about the log. Returns the group, for commands that need more of the program around it. */
export function addAudit(program: Command, io: Io, exit: (code: number) => void): Command {
  const audit = program
    .command("audit")
    .summary("verify, read, prove and export the audit log")
    .description("Verify, read, prove and export the audit log.")
    .addHelpText("after", HELP);
  addAuditVerify(audit, io, exit);
  addAuditTail(audit, io, exit);
  addAuditProve(audit, io, exit);
  addAuditExportTiles(addAuditExport(audit, io, exit), io, exit);
  addAuditImport(audit, io, exit);
  addAuditAnchor(audit, io, exit);
  addAuditWitness(audit, io, exit);
  addAuditDisclose(audit, io, exit);
  addAuditErase(audit, io, exit, appendAsOwner);
  addAuditRetention(audit, io, exit, { append: appendAsOwner, keepFrom: neededFrom });
  return audit;
}
