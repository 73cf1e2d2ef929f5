import { hasCode } from '@waybill/shared/error.ts';
import { z } from 'zod';
import { jsonValue } from './context-key.ts';

/** Variables that the services stack sets itself, each with a valid stand-in for the value that synth does not know. */
const setByTheStack: Readonly<Record<string, string>> = {
  AWS_REGION: 'us-east-1',
  SCAN_API_URL: 'https://host.example/',
  SCAN_API_TOKEN: 'token',
  SCAN_API_HEADERS: '{}',
  SCAN_API_OAUTH: '',
  SCAN_API_CLIENT_CERT: '',
  SCAN_API_CLIENT_KEY: '',
  SCAN_QUEUE_URL: 'https://host.example/queue',
  CHECKPOINTS_TABLE: 'checkpoints',
  PARCELS_TABLE: 'parcels',
  FAILURES_TABLE: 'failures',
  OPERATIONS_TABLE: 'operations',
  BATCHES_TABLE: 'batches',
  NOTIFICATIONS_TABLE: 'notifications',
  ACTIVITY_TABLE: 'activity',
  ANNOUNCEMENT_QUEUE_URLS: 'https://host.example/announcements',
  NOTIFICATION_QUEUE_URL: 'https://host.example/announcements',
  API_TOKENS: '[]',
  INGEST_SECRETS: '[]',
  WEBHOOK_SECRETS: `whsec_${Buffer.alloc(24).toString('base64')}`,
  REPORT_TOKEN: 'token',
  API_HOST: '0.0.0.0',
  API_PORT: '8081',
  HTTP_HOST: '0.0.0.0',
  HTTP_PORT: '8080',
  CLOUDWATCH_NAMESPACE: 'Waybill',
};

/** Seconds. Fargate kills a task 120 s after its stop began, and the process must have given up before that. */
const longestStopSeconds = 110;

/** A JSON value may be a number or boolean; an environment has text only. */
export const environment = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()], { error: 'expected text, a number or a boolean' }).transform(String),
);

/** A process, the names of its variables, and how it reads them. */
export type VariablesOfProcess = {
  readonly process: string;
  readonly known: readonly string[];
  readonly readConfig: (env: Readonly<Record<string, string | undefined>>) => unknown;
};

/** What is wrong with variables of a process, by its own `readConfig`: each `[NAME, message]`. */
export function wrongVariables(
  { process, known, readConfig }: VariablesOfProcess,
  given: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  const names = Object.keys(given).flatMap((name): (readonly [string, string])[] => {
    if (isSetByTheStack(name)) return [[name, 'is set by the stack itself']];
    const isKnown = known.includes(name) || name.startsWith('OTEL_');
    return isKnown ? [] : [[name, `is not a variable of the ${process}`]];
  });
  const stop = `expected at most ${longestStopSeconds}: Fargate allows 120 s for a stop`;
  const isTooLong = Number(given['STOP_TIMEOUT_SECONDS']) > longestStopSeconds;
  const withUser = ['HTTPS_PROXY', 'HTTP_PROXY'].flatMap((name) =>
    given[name]?.includes('@')
      ? [[name, 'may not hold a user or a password: everyone who may see the stack reads it'] as const]
      : [],
  );
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => !isSetByTheStack(name)));
  const read = refusals(() => readConfig({ ...setByTheStack, ...own })).map((line) => {
    const [name = '', ...message] = line.split(' ');
    return [name, message.join(' ')] as const;
  });
  return [...names, ...withUser, ...(isTooLong ? [['STOP_TIMEOUT_SECONDS', stop] as const] : []), ...read];
}

/** Further variables of a process, checked by the process's own `readConfig`. */
export function variablesOf(
  process: string,
  known: readonly string[],
  readConfig: VariablesOfProcess['readConfig'],
): z.ZodType<Record<string, string>> {
  const shape = environment.superRefine((given, context) => {
    for (const [name, message] of wrongVariables({ process, known, readConfig }, given))
      context.addIssue({ code: 'custom', path: [name], message });
  });
  return jsonValue(shape, {
    meaning: `further [variables](configuration.md#${process.toLowerCase()}) of the ${process}`,
    allowed: '`{"NAME": "value", …}` without those that the stack sets itself',
    default: {},
    shownDefault: '`{}`',
  });
}

/** Whether the services stack sets this variable of a process, or nobody may set it. */
export function isSetByTheStack(name: string): boolean {
  return name in setByTheStack || name.startsWith('AWS_');
}

/** The lines in which a process says what is wrong with its environment, each `NAME message`. */
function refusals(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!hasCode(error, 'CONFIG_INVALID')) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
}
