import { BlockList, isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether browser and API are on one machine: by the address that the request came from, and by the host that the browser
 * asked for. A proxy on this machine that serves others asks for another host.
 */
export function isLoopback({ socket, hostname }: FastifyRequest): boolean {
  return isLoopbackAddress(socket.remoteAddress ?? '') && isLoopbackHost(hostname);
}

function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || isLoopbackAddress(hostname.replaceAll(/^\[|\]$/g, ''));
}

function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
