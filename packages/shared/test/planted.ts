import { type Leak, leaksIn } from './planted-secrets.ts';

/** What the events that tests make up say of people. */
const people = ['NC1001', 'RUN-100', 'RUN-101', 'RUN-7'];

/** What a process under test must know and never say. */
export const processSecrets = {
  token: 'planted-token-5f1c',
  queryKey: 'planted-key-8a2e',
  awsSecret: 'planted-aws-secret-b04d',
  awsSession: 'planted-aws-session-c7e9',
  /** The base64 of `planted-webhook-secret-3d91-6b`. */
  webhookSecret: 'whsec_cGxhbnRlZC13ZWJob29rLXNlY3JldC0zZDkxLTZi',
} as const;

/** What no line of any log may hold. */
export const planted: readonly string[] = [...people, ...Object.values(processSecrets)];

let found: readonly Leak[] = [];

/** To be called with every line that a log under test writes; `test/ground/no-leaks.ts` looks after each test. */
export function noteLeaks(line: string): void {
  const leaks = leaksIn(line, planted);
  if (leaks.length > 0) found = [...found, ...leaks.map((leak) => ({ ...leak, where: line }))];
}

/** The leaks since the last call. */
export function takeLeaks(): readonly Leak[] {
  const leaks = found;
  found = [];
  return leaks;
}
