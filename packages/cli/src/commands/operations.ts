import type { Operation, Progress } from '@waybill/operations/record/operation.ts';
import type { OperationState } from '@waybill/operations/record/operation-state.ts';
import { WaybillError } from '@waybill/shared/error.ts';
import { countInWords, inWords } from '@waybill/shared/field-words.ts';
import { planLines } from '../act/plan-lines.ts';
import { command } from '../command/command.ts';
import { argument, optional, withDefault } from '../command/options.ts';
import { type Parser, wholeNumber } from '../command/parsers.ts';
import type { Column, View } from '../output/view.ts';

const operationId: Parser<string> = (text) =>
  /^\d{8}T\d{6}-[0-9a-f]{8}$/.test(text)
    ? { value: text }
    : { problem: 'expected an id such as 20261128T221530-1f2e3d4c' };

const shape = async () => (await import('@waybill/operations/record/operation-shape.ts')).shownOperationShape;

const list = command({
  name: 'operations list',
  summary: 'list what operators did, the newest first',
  examples: [
    { line: 'operations list --environment production', says: 'the last 20 acts in production' },
    { line: 'operations list --limit 1000 --json', says: 'a line of JSON for each act' },
  ],
  options: {
    limit: withDefault('N', 'how many at most', wholeNumber({ min: 1, max: 10_000 }), 20),
    before: optional('ID', 'those older than this one', operationId),
  },
  prints: 'lines',
  shape,
  run: async ({ options }, tools) => {
    const operations = await tools.operations();
    const shown = await shownAt(tools.clock.now());
    const { view } = tools.print;
    const columns: Column<Shown>[] = [
      { title: 'operation', of: (each) => each.operationId },
      { title: 'started', of: (each) => view.age(each.startedAtUtc) },
      { title: 'kind', of: (each) => each.kind },
      { title: 'outcome', of: (each) => each.outcome ?? each.state },
      { title: 'by', of: (each) => each.by.split('/').at(-1) ?? each.by, mayBeCut: true },
      { title: 'because', of: (each) => each.because, mayBeCut: true },
    ];
    const listed = await operations.list(options.limit, options.before);
    await tools.print.list(listed.map(shown), columns, 'No operations on record.');
  },
});

const show = command({
  name: 'operations show',
  summary: 'show the record of one act',
  examples: [
    { line: 'operations show 20261128T221530-1f2e3d4c', says: 'who did what, why, the plan, and how it ended' },
    { line: 'operations show 20261128T221530-1f2e3d4c --json', says: 'the same as JSON' },
  ],
  arguments: { operationId: argument('OPERATION_ID', 'as "waybill operations list" shows it', operationId) },
  prints: 'document',
  shape,
  run: async (given, tools) => {
    const operation = await (await tools.operations()).read(given.arguments.operationId);
    if (!operation) {
      throw new WaybillError('NOT_FOUND', `There is no operation ${given.arguments.operationId} on record`, {
        details: { next: 'waybill operations list' },
      });
    }
    const shown = await shownAt(tools.clock.now());
    tools.print.document(shown(operation), operationLines);
  },
});

type Shown = Operation & { readonly state: OperationState };

async function shownAt(nowMs: number): Promise<(operation: Operation) => Shown> {
  const { shownOperation } = await import('@waybill/operations/record/operation-state.ts');
  return (operation) => shownOperation(operation, nowMs);
}

/** What a record without an outcome says of its act. */
const withoutOutcome = {
  running: 'none yet: it is under way',
  cancelling: 'none yet: it is being cancelled',
  interrupted: 'none: its process was killed, or is cut off from the table',
  ended: undefined,
} as const satisfies Readonly<Record<OperationState, string | undefined>>;

function operationLines(operation: Shown, view: View): readonly string[] {
  const { operationId, kind, by, because, filter, plan, startedAtUtc, outcome, counts, finishedAtUtc } = operation;
  const { state, heartbeatAtUtc, progress, cancelRequestedAtUtc, cancelRequestedBy, problems = [] } = operation;
  const words = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values).map(
      ([name, value]) => `${inWords(name)} ${Array.isArray(value) ? value.join(', ') : value}`,
    );
  return [
    ...view.facts({
      operation: operationId,
      kind,
      outcome: outcome ?? withoutOutcome[state],
      by,
      because,
      filter: words(filter).length > 0 ? words(filter) : undefined,
      started: view.time(startedAtUtc),
      'last heard of': outcome === undefined && heartbeatAtUtc !== undefined ? view.time(heartbeatAtUtc) : undefined,
      progress: outcome === undefined && progress ? progressWords(progress) : undefined,
      'cancel asked for':
        cancelRequestedAtUtc === undefined
          ? undefined
          : `${view.time(cancelRequestedAtUtc)} by ${cancelRequestedBy ?? 'somebody'}`,
      finished: finishedAtUtc === undefined ? undefined : view.time(finishedAtUtc),
      counts:
        counts && words(counts).length > 0
          ? Object.entries(counts).map(([what, count]) => countInWords(what, count))
          : undefined,
      problems: problems.length > 0 ? problems : undefined,
    }),
    '',
    'Its plan:',
    ...planLines(plan, view),
  ];
}

function progressWords({ what, done, total }: Progress): string {
  const number = (value: number) => value.toLocaleString('en-US');
  return `${what}: ${number(done)}${total === undefined ? '' : ` of ${number(total)}`}`;
}

export const operationsCommands = [list, show];
