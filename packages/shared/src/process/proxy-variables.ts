import { z } from 'zod';
import { type Proxies, proxiesOf } from '../http/proxies.ts';
import { readEnv, structured, type VariableSchema } from './env.ts';

/** The variables that say through which proxy the Scan Event API and AWS are reached. */
export const proxyVariables = {
  HTTPS_PROXY: proxy({
    meaning:
      'proxy of the requests to the Scan Event API and to AWS that go to https URLs, with user and password where it wants them; of nothing else ([why](decisions/0176-proxies-for-the-feed-and-aws.md)). `https_proxy`, where set, comes first',
  }),
  HTTP_PROXY: proxy({ meaning: 'the same for http URLs; or `http_proxy`' }),
  NO_PROXY: structured<string>(
    {
      allowed:
        'hosts, domains, addresses and networks (`10.0.0.0/8`), each with a port or without, separated by commas; `*`',
      default: '',
      shownDefault: 'none',
      meaning:
        'what is reached without a proxy: a domain stands for its subdomains, too; or `no_proxy`. Loopback and link-local addresses, from which tasks get their credentials, always are',
    },
    (text) => ({ value: text }),
  ),
};

/** The URL of a proxy, `http://` where it has no scheme, as everywhere; it may hold a password and is never printed. */
function proxy({ meaning }: { readonly meaning: string }): VariableSchema<string> {
  const allowed = 'the http(s) URL of a proxy';
  return structured<string>({ allowed, default: '', shownDefault: 'none', meaning }, (text) => {
    const given = text.includes('://') ? text : `http://${text}`;
    const url = /[\r\n]/.test(given) ? null : URL.parse(given);
    const isProxy = url !== null && /^https?:$/.test(url.protocol) && isDecodable(url);
    return isProxy ? { value: url.href } : { problems: [`expected ${allowed}, got something else`] };
  });
}

/** Node decodes user and password, and throws where that fails. */
function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

type ReadProxies = { readonly [Name in keyof typeof proxyVariables]: string };

export function proxiesIn(read: ReadProxies): Proxies {
  return proxiesOf({ http: read.HTTP_PROXY, https: read.HTTPS_PROXY, noProxy: read.NO_PROXY });
}

/** The proxies that an environment names. Throws `CONFIG_INVALID`. */
export function readProxies(env: Readonly<Record<string, string | undefined>>): Proxies {
  return proxiesIn(readEnv(z.object(proxyVariables), env));
}
