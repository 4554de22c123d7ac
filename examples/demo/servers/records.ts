import { listen } from "./http.js";

/** A customer database: what arrives here is done, and stays done. */
export interface Records {
  readonly url: string;
  readonly deletions: number;
  readonly exports: number;
  close(): Promise<void>;
}

export async function startRecords(): Promise<Records> {
  let deletions = 0;
  let exports = 0;
  const service = await listen((request, response) => {
    request.resume();
    if (request.method === "DELETE") deletions += 1;
    else exports += 1;
    response.writeHead(204).end();
  });
  return {
    url: service.url,
    get deletions() {
      return deletions;
    },
    get exports() {
      return exports;
    },
    close: service.close,
  };
}
