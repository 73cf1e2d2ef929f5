import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';
import { testCa, testServer } from './test-certificates.ts';

/** Makes this process trust the tests' CA, as `NODE_EXTRA_CA_CERTS` does where a process starts with it. */
export function trustTestCa(): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), testCa]);
}

/** Serves https on a free port of 127.0.0.1 until the test is over, to clients that show a certificate of the tests' CA if it demands one. Returns the port. */
export async function serveTls(demandsCertificate: boolean, listener: RequestListener): Promise<number> {
  const { certificate: cert, privateKey: key } = testServer;
  const demand = { ca: testCa, requestCert: true, rejectUnauthorized: true };
  const server = createServer({ cert, key, ...(demandsCertificate && demand) }, listener);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  // A server that listens on a port has an AddressInfo; strings are for pipes, null for servers that are closed.
  return (server.address() as AddressInfo).port;
}
