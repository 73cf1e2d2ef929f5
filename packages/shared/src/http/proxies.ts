import { BlockList, isIP } from 'node:net';

/** A proxy, and the variable that names it. */
export type ProxyServer = { readonly url: URL; readonly variable: 'HTTP_PROXY' | 'HTTPS_PROXY' };

export type Target = { readonly protocol: string; readonly hostname: string; readonly port: number | undefined };

/** Which proxy a request goes through: chosen by its protocol, none for what `NO_PROXY` exempts. */
export type Proxies = {
  readonly http: ProxyServer | undefined;
  readonly https: ProxyServer | undefined;
  /** The proxy of a request; undefined: it goes there directly. */
  readonly of: (target: Target) => ProxyServer | undefined;
};

/**
 * @param given URLs of the proxies, `""` for none; `noProxy`: hosts, suffixes, addresses and networks (CIDR), each with a port
 * or without, separated by commas or spaces; `*` for everything. Node's own agents know no networks, and no suffix without a dot.
 */
export function proxiesOf(given: { readonly http: string; readonly https: string; readonly noProxy: string }): Proxies {
  const http = given.http === '' ? undefined : ({ url: new URL(given.http), variable: 'HTTP_PROXY' } as const);
  const https = given.https === '' ? undefined : ({ url: new URL(given.https), variable: 'HTTPS_PROXY' } as const);
  const exemptions = given.noProxy
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(exemptionOf);
  return {
    http,
    https,
    of: ({ protocol, hostname, port }) => {
      const isHttps = protocol === 'https:';
      const proxy = isHttps ? https : http;
      if (!proxy) return undefined;
      const host = bare(hostname);
      const isExempt =
        isOfThisMachine(host) || exemptions.some((exempts) => exempts(host, port ?? (isHttps ? 443 : 80)));
      return isExempt ? undefined : proxy;
    },
  };
}

export const noProxies = proxiesOf({ http: '', https: '', noProxy: '' });

/** The target of a request to this URL. */
export function targetOf({ protocol, hostname, port }: URL): Target {
  return { protocol, hostname, port: port === '' ? undefined : Number(port) };
}

function bare(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}

/** Loopback, and the link-local addresses from which tasks, pods and machines get their credentials: no proxy reaches them. */
const ofThisMachine = new BlockList();
ofThisMachine.addSubnet('127.0.0.0', 8, 'ipv4');
ofThisMachine.addSubnet('169.254.0.0', 16, 'ipv4');
ofThisMachine.addAddress('::1', 'ipv6');
ofThisMachine.addSubnet('fd00:ec2::', 32, 'ipv6');

function isOfThisMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isIn(ofThisMachine, host);
}

function isIn(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

type Exempts = (host: string, port: number) => boolean;

/** What one entry of `NO_PROXY`, in lower case, exempts. */
function exemptionOf(entry: string): Exempts {
  if (entry === '*') return () => true;
  const [, inBrackets, portOfBrackets] = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry) ?? [];
  const [, named, portOfName] = isIP(entry) === 6 ? [entry, entry] : (/^(.+?)(?::(\d+))?$/.exec(entry) ?? []);
  const place = inBrackets ?? named ?? '';
  const onlyPort = portOfBrackets ?? portOfName;
  const isThere = placeOf(place);
  return (host, port) => isThere(host) && (onlyPort === undefined || port === Number(onlyPort));
}

function placeOf(place: string): (host: string) => boolean {
  const [address = '', prefix] = place.split('/');
  const family = isIP(address);
  if (family === 0) {
    const name = place.replace(/^\*?\./, '').replace(/\.$/, '');
    return (host) => host === name || host.endsWith(`.${name}`);
  }
  const bits = family === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  // Nobody's address, like a name that does not exist.
  if (!Number.isInteger(length) || length < 0 || length > bits) return () => false;
  const list = new BlockList();
  list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  return (host) => isIn(list, host);
}
