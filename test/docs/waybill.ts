import { type Command, flagOf, optionsOf } from '@waybill/cli/command/command.ts';
import { exitCodes } from '@waybill/cli/exit-code.ts';
import { describeVariable } from '@waybill/shared/process/env.ts';
import type { z } from 'zod';

/** `docs/waybill.md`, made from the commands themselves. */
export function waybillPage(commands: readonly Command[], nameVariables: Readonly<Record<string, z.ZodType>>): string {
  return [
    '# The command line `waybill`',
    '',
    'Made from the commands by `npm run test:unit -- test/docs -u`; a test fails when this page and the commands differ.',
    '',
    'What an operator asks and does. It works with AWS alone: no process of Waybill needs to run. From a checkout it is `npx waybill …` or `npm run waybill -- …`.',
    '',
    '| command | |',
    '|---|---|',
    ...commands.map(
      ({ name, summary }) => `| [\`waybill ${name}\`](#waybill-${name.replaceAll(' ', '-')}) | ${summary} |`,
    ),
    '',
    '## Which queues and tables',
    '',
    'By `--environment production` (the names that the CDK gives them), by `--stack NAME` (the outputs of a data stack), else by the variables of the processes. A command asks for those that it needs, and says all that are missing or wrong at once.',
    '',
    '| variable | default | meaning |',
    '|---|---|---|',
    ...Object.entries(nameVariables).map(([name, schema]) => {
      const { default: shown = '', meaning = '' } = describeVariable(schema) ?? {};
      return `| \`${name}\` | ${shown} | ${meaning} |`;
    }),
    '',
    'Region, credentials and endpoints are those of the AWS SDK: `AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL_DYNAMODB` and others. `npm start -- --keep` prints what reaches its engines.',
    '',
    '## What it prints',
    '',
    'Data on stdout, everything else on stderr. `--json` prints one document, or a line of JSON for each entry. Times are in UTC, and ids are whole. On a terminal tables fit its width; a pipe gets them uncut, or as wide as `COLUMNS` says. Colours only on a terminal, and not with `NO_COLOR`. After a second progress is on stderr: a line that is redrawn on a terminal, elsewhere a line every 10 s.',
    '',
    '| exit code | |',
    '|---|---|',
    ...Object.entries(meanings).map(
      ([name, meaning]) => `| ${exitCodes[name as keyof typeof meanings]} | ${meaning} |`,
    ),
    '',
    '## Acts',
    '',
    'A command that changes something first makes a plan: how many, of what, what it costs, what it could not look at, what speaks against it. `--dry-run` prints the plan and ends. Otherwise it asks why and whether to go on; without a terminal `--because TEXT` and `--yes` must say it. Then it puts on record who does what and why (`waybill operations list`), and acts. It stops with exit code 4 when it meets over 10 % more than was planned, unless `--more-than-planned` is given. Ctrl-C stops it, and what it holds is handed back; a second Ctrl-C ends it at once.',
    '',
    'Who it is, STS says. Where it cannot, nothing is done. On local engines, which have no STS, it is `local:` and the name of the user.',
    '',
    ...commands.flatMap(sectionOf),
  ].join('\n');
}

const meanings = {
  done: 'done',
  failed: 'failed',
  usage: 'wrong usage or configuration; nothing was done',
  partly: 'done in part',
  refused: 'refused, or reality differs from the plan',
  interrupted: 'interrupted',
} as const satisfies Record<keyof typeof exitCodes, string>;

function sectionOf(command: Command): readonly string[] {
  const { name, summary, details, examples, prints, isAct } = command;
  const positional = Object.values(command.arguments);
  const shown = positional.map(({ placeholder }) => placeholder);
  const rows = [
    ...positional.map(({ placeholder, says }) => `| \`${placeholder}\` | ${says} |`),
    ...Object.entries(optionsOf(command)).map(([option, spec]) => {
      const value = spec.kind === 'flag' ? '' : ` ${spec.placeholder}`;
      const notes = [
        ...(spec.choices ? [`one of ${spec.choices.join(', ')}`] : []),
        ...(spec.isRequired ? ['required'] : []),
        ...(spec.kind === 'list' ? ['may be given several times'] : []),
        ...(spec.shownDefault === undefined ? [] : [`default ${spec.shownDefault}`]),
      ];
      return `| \`${flagOf(option)}${value}\` | ${spec.says}${notes.length > 0 ? ` (${notes.join('; ')})` : ''} |`;
    }),
  ];
  const printed = { document: 'one document', lines: 'a line for each entry', text: undefined }[prints];
  return [
    `## waybill ${name}`,
    '',
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.${isAct ? ' An [act](#acts).' : ''}${printed === undefined ? '' : ` With \`--json\`: ${printed}.`}`,
    '',
    '```sh',
    ...examples.flatMap(({ line, says }) => [`# ${says}`, `waybill ${line}`]),
    '```',
    '',
    ...(details === undefined ? [] : [withLinks(details), '']),
    `\`waybill ${[name, ...shown].join(' ')} [options]\``,
    '',
    ...(rows.length === 0 ? [] : ['| | |', '|---|---|', ...rows, '']),
  ];
}

/** Pages that a text of `--help` names by their path. */
function withLinks(text: string): string {
  return text.replaceAll(/\bdocs\/([\w-]+\.md)/g, '[$1]($1)');
}
