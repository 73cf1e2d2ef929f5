import { pipeline, Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const decoders = { gzip: createGunzip, deflate: createInflate };

/** Milliseconds that an idle connection is kept: a server closes one that is older, maybe at the very moment it is used. */
const keepMs = 4_000;

export type HttpAnswer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decompressed. */
  readonly body: Readable;
};

/** Rejects when there is no answer. The signal ends the request, and whatever of the body was not read. */
export type HttpGet = (url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<HttpAnswer>;

/**
 * GETs over the AWS SDK's own HTTP client, which follows no redirects. Not fetch: a process's first pages take more than
 * twice the CPU over it, where the SDK's calls have warmed this one up.
 */
export function httpGetter(): HttpGet {
  const agent = { keepAlive: true, timeout: keepMs };
  // How long an answer may take is for the caller to say, by the signal.
  const client = new NodeHttpHandler({ httpAgent: agent, httpsAgent: agent, socketTimeout: 0 });
  return async (url, headers, signal) => {
    const request = new HttpRequest({
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, 'accept-encoding': 'gzip, deflate', 'user-agent': 'waybill', ...headers },
    });
    const { response } = await client.handle(request, { abortSignal: signal });
    const body: unknown = response.body;
    if (!(body instanceof Readable)) throw new Error('the answer has no body');
    return { status: response.statusCode, headers: response.headers, body: decoded(body, response.headers) };
  };
}

/** The first bytes of the body, and whether there were more than `max`. What is beyond is not read. Rejects where it breaks off. */
export async function bytesOf(body: Readable, max: number): Promise<{ readonly bytes: Buffer; readonly cut: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop destroys the stream.
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > max) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, max), cut: length > max };
}

function decoded(body: Readable, headers: Readonly<Record<string, string>>): Readable {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  // The decoder is destroyed with the error of what it reads, and the other way round.
  return isKnown(coding) ? pipeline(body, decoders[coding](), () => undefined) : body;
}

function isKnown(coding: string): coding is keyof typeof decoders {
  return Object.hasOwn(decoders, coding);
}
