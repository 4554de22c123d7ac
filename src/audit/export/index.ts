/** Logs in the forms of others: OCSF, CloudEvents, OpenTelemetry. */
export { CloudEventExporter, DEFAULT_TYPE_PREFIX } from "./cloud-events.js";
export type { Exporter, ExportContext, ExportEntry } from "./entry.js";
export { contextOf, logLeaves } from "./log-leaves.js";
export { OcsfExporter } from "./ocsf.js";
export { LogRecordExporter } from "./otel-logs.js";
export { SpanExporter } from "./otel-spans.js";
export { isSelected } from "./select.js";
export type { Selection } from "./select.js";
