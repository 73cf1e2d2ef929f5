import { describeVariable } from '@waybill/shared/process/env.ts';
import type { z } from 'zod';

type Variables = Readonly<Record<string, z.ZodType>>;

/**
 * `docs/configuration.md`, made from the schemas with which the processes read their environment, and the programs that stand
 * in for others.
 */
export function configurationPage(
  common: Variables,
  processes: Readonly<Record<string, Variables>>,
  programs: Readonly<Record<string, Variables>>,
): string {
  const own = (variables: Variables) =>
    Object.fromEntries(Object.entries(variables).filter(([name]) => !(name in common)));
  return [
    '# Configuration',
    '',
    'Made from the schemas by `npm run test:unit -- test/docs -u`; a test fails when this page and the schemas differ.',
    '',
    'Every variable is checked at start, before any connection is opened. All errors are printed together, and the process ends with exit code 2. An empty variable counts as missing. Numbers are plain decimal digits. The [glossary](glossary.md) explains the words of the trade: [pack](glossary.md#pack), [lease](glossary.md#lease), [position](glossary.md#position), [gap](glossary.md#gap), [catch-up](glossary.md#catch-up), [in hand](glossary.md#in-hand) and others.',
    '',
    '## Every process',
    '',
    table(common),
    '',
    "The AWS SDK finds the credentials: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, a profile, a task's role.",
    ...Object.entries(processes).flatMap(([name, variables]) => ['', `## ${name}`, '', table(own(variables))]),
    '',
    '## Those who stand in for others',
    '',
    'A simulated carrier and a receiver of notifications, to try Waybill with. Of the variables of every process they know `HTTP_PORT` and `HTTP_HOST`.',
    ...Object.entries(programs).flatMap(([script, variables]) => ['', `\`${script}\`:`, '', table(own(variables))]),
    '',
  ].join('\n');
}

function table(variables: Variables): string {
  const rows = Object.entries(variables).map(([name, schema]) => {
    const variable = describeVariable(schema);
    if (!variable) throw new Error(`${name} has no description: make its schema with env.ts`);
    return `| \`${name}\` | ${variable.default} | ${variable.allowed} | ${variable.meaning} |`;
  });
  return ['| variable | default | allowed | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
