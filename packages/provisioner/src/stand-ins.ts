import { createHash } from 'node:crypto';
import type { ShellVariables } from '@waybill/shared/process/shell-variables.ts';

/** Where README starts those who stand in for others, and the API. */
const ports = { scanApi: 8082, receiver: 8083, api: 8081 } as const;

/** Whether an engine at this URL runs on this machine, where others' stand-ins can be reached, too. */
export function isOfThisMachine(url: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(new URL(url).hostname);
}

/**
 * The variables besides the resources' with which every process starts on an engine: the feed of `npm run scan-api`, the webhook
 * of `npm run receiver`, and an API with a token, all on this machine. What the shell has already stays as it is.
 */
export function standInVariables(
  given: Readonly<Record<string, string | undefined>>,
  randomBytes: (count: number) => Buffer,
): ShellVariables {
  const token = `waybill_${randomBytes(32).toString('base64url')}`;
  const sha256 = createHash('sha256').update(token).digest('hex');
  const scopes = ['read', 'ingest', 'operate'];
  const parts: readonly Record<string, string>[] = [
    { SCAN_API_URL: `http://127.0.0.1:${ports.scanApi}/v1/scans/scanevents` },
    {
      WEBHOOK_URL: `http://127.0.0.1:${ports.receiver}/hooks/waybill`,
      WEBHOOK_SECRETS: `whsec_${randomBytes(32).toString('base64')}`,
      WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8',
    },
    {
      API_TOKENS: JSON.stringify([{ name: 'local', scopes, sha256 }]),
      API_HOST: '127.0.0.1',
      WAYBILL_URL: `http://127.0.0.1:${given['API_PORT'] || ports.api}`,
      WAYBILL_TOKEN: token,
    },
  ];
  // The first variable decides on its part: a secret of one webhook is none of another.
  return Object.assign({}, ...parts.filter((part) => !given[Object.keys(part)[0] ?? '']));
}
