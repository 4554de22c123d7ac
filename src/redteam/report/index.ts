export type { RedTeamData } from "./data.js";
export { redTeamReport, type RedTeamFormat, type RedTeamReport, type RenderOptions } from "./report.js";
