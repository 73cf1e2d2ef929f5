import type { ProvisionerOptions } from './config.ts';
import type { Resources } from './provision.ts';
import type { Drift, Finding } from './provision-finding.ts';

/** What was made, what was there, what differs; a line for each queue and table, and below it each difference. */
export function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ kind, name, isMade, drift, lacks }) => {
    const state = drift.length > 0 ? 'DRIFT' : isMade ? 'made' : 'there';
    return [
      `${state.padEnd(7)}${kind.padEnd(7)}${name}`,
      ...drift.flatMap(driftLines),
      ...lacks.map((what) => `       this engine has no ${what}`),
    ];
  });
}

function driftLines({ setting, expected, found, mend }: Drift): string[] {
  return [
    `         ${setting}`,
    `           expected ${expected}`,
    `           found    ${found}${mend ? '' : '  (--fix cannot change it)'}`,
  ];
}

/** What to set for poller and processor, to be pasted into a shell. */
export function variableLines({ endpoints, region }: ProvisionerOptions, resources: Resources): string[] {
  const variables = {
    AWS_REGION: region,
    ...(endpoints && { AWS_ENDPOINT_URL_SQS: endpoints.sqs, AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb }),
    SCAN_QUEUE_URL: resources.scanQueueUrl,
    CHECKPOINTS_TABLE: resources.checkpointsTable,
    PARCELS_TABLE: resources.parcelsTable,
    FAILURES_TABLE: resources.failuresTable,
  };
  return [
    'For poller and processor, besides credentials and SCAN_API_URL:',
    ...Object.entries(variables).map(([name, value]) => `  export ${name}=${value}`),
  ];
}

/** What drift asks of the reader. */
export function adviceLines(findings: readonly Finding[], isMending: boolean): string[] {
  const drift = findings.flatMap((finding) => finding.drift);
  if (drift.length === 0) return [];
  const lines = [
    `${drift.length} ${drift.length === 1 ? 'setting differs' : 'settings differ'} from packages/shared/src/resources.ts.`,
  ];
  if (!isMending && drift.some(({ mend }) => mend)) lines.push('npm run provision -- --fix sets what can be set.');
  if (drift.some(({ mend }) => !mend))
    lines.push('The rest takes another name (--prefix), or a decision about the data in it.');
  return lines;
}
