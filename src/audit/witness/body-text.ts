/**
 * Returns the body of an answer as text, but never more than some bytes of it: who answers is not trusted.
 *
 * @throws RangeError when there is more; what reading throws
 */
export async function bodyText(response: Response, maxBytes: number): Promise<string> {
  return Buffer.from(await bodyBytes(response, maxBytes)).toString("utf8");
}

/** The same as bytes. */
export async function bodyBytes(response: Response, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  if (response.body !== null) {
    for await (const piece of response.body as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      if (bytes > maxBytes) throw new RangeError(`the answer is longer than ${maxBytes} bytes`);
      pieces.push(piece);
    }
  }
  return Buffer.concat(pieces);
}
