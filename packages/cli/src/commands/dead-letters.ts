import type { ShownDeadLetter } from '@waybill/operations/dead-letters/dead-letter.ts';
import { counted } from '@waybill/shared/counted.ts';
import { howMany } from '../act/plan-lines.ts';
import { command } from '../command/command.ts';
import { list, optional, withDefault } from '../command/options.ts';
import { anyText, duration, id, instant, type Parser, queueUrl, wholeNumber } from '../command/parsers.ts';
import type { Column } from '../output/view.ts';
import type { Tools } from '../tools/tools.ts';

const reason: Parser<string> = (text) =>
  /^[A-Z][A-Z0-9_]{0,63}$/.test(text) ? { value: text } : { problem: 'expected a code such as INVALID_EVENT' };

const queue = optional(
  'URL',
  "of the queue that the dead letters come from, such as a webhook's (default: the scan queue)",
  queueUrl,
);

/** What questions and redrives of dead letters need. */
async function dependenciesOf(tools: Tools, queueUrl: string | undefined) {
  const { failuresTable } = await tools.names('failuresTable');
  const sourceUrl = queueUrl ?? (await tools.names('scanQueueUrl')).scanQueueUrl;
  const { clock, random } = tools;
  const [sqs, documents] = await Promise.all([tools.sqs(), tools.documents()]);
  return { sourceUrl, deps: { sqs, documents, clock, random, deployment: { failuresTable } } };
}

const show = command({
  name: 'dlq list',
  summary: 'list dead letters with the reasons of their failures, without payloads',
  details:
    'Receives the messages and hands them back: for some seconds nobody else can. SQS has no order, so a list that is not whole shows any of them.',
  examples: [
    { line: 'dlq list --environment production', says: 'up to 100 dead letters of the scan queue' },
    { line: 'dlq list --limit 10000 --json', says: 'one document with all that a list can hold' },
  ],
  options: { limit: withDefault('N', 'how many at most', wholeNumber({ min: 1, max: 10_000 }), 100), queue },
  prints: 'document',
  shape: async () => (await import('@waybill/operations/dead-letters/list-dead-letters.ts')).deadLettersShape,
  run: async ({ options }, tools) => {
    const { sourceUrl, deps } = await dependenciesOf(tools, options.queue);
    const { listDeadLetters } = await import('@waybill/operations/dead-letters/list-dead-letters.ts');
    tools.handsBack();
    const onProgress = (done: number, total: number) => tools.progress({ what: 'dead letters read', done, total });
    const found = await listDeadLetters(deps, sourceUrl, { limit: options.limit, onProgress }, tools.signal);
    tools.print.document(found, ({ deadLetters }, view) => {
      const columns: Column<ShownDeadLetter>[] = [
        { title: 'failure', of: (each) => each.failureId },
        { title: 'sent', of: (each) => (each.sentAtUtc === null ? '' : view.age(each.sentAtUtc)) },
        { title: 'received', of: (each) => each.receiveCount },
        { title: 'parcel', of: (each) => String(each.parcelId ?? '') },
        { title: 'type', of: (each) => each.type ?? '', mayBeCut: true },
        { title: 'reason', of: (each) => each.reason ?? 'no record' },
        { title: 'detail', of: (each) => each.detail ?? '', mayBeCut: true },
      ];
      return deadLetters.length === 0 ? ['No dead letters.'] : view.table(deadLetters, columns);
    });
    if (!tools.print.isJson) for (const text of found.notLookedAt) tools.print.note(`Not seen: ${text}`);
  },
});

const redrive = command({
  name: 'dlq redrive',
  summary: 'send dead letters to the queue that they came from: all of them, or some',
  details:
    'All filters together must fit; --failure may be given several times. Without a filter SQS moves all dead letters (a message move task). A message is deleted from the dead letters when the source queue has confirmed it, so a crash loses none. Redrive after the fix is deployed: the plan says which failures are fresh.',
  examples: [
    { line: 'dlq redrive --dry-run', says: 'what a redrive of everything would do, and whether the fix is out' },
    { line: 'dlq redrive --reason INVALID_EVENT --detail "INVALID_DATE"', says: 'one kind of failure' },
    {
      line: 'dlq redrive --failure event-83269 --failure event-83270 --yes --because "rule fixed in 1.4"',
      says: 'two failures, without questions',
    },
  ],
  options: {
    reason: optional('CODE', 'with this reason', reason),
    detail: optional('TEXT', 'whose detail has this text, as it is or as groups show it', anyText),
    parcel: optional('ID', 'about this parcel', id),
    type: optional('TYPE', 'with an event of this type', anyText),
    olderThan: optional('DURATION', 'sent longer ago: 90s, 30m, 2h, 2d', duration),
    failure: list('ID', 'of this failure; several times: of any of them', anyText),
    deployedAt: optional('TIME', 'when the fix went out, in UTC: failures since then are not fixed', instant),
    queue,
  },
  isAct: true,
  prints: 'document',
  run: async ({ options }, tools) => {
    const { sourceUrl, deps } = await dependenciesOf(tools, options.queue);
    const [{ planRedrive }, { runRedrive }, { filterOf, isAll }] = await Promise.all([
      import('@waybill/operations/redrive/plan-redrive.ts'),
      import('@waybill/operations/redrive/run-redrive.ts'),
      import('@waybill/operations/redrive/selection.ts'),
    ]);
    const { reason, detail, parcel: parcelId, type, olderThan: olderThanMs, failure: failureIds, deployedAt } = options;
    const selection = { reason, detail, parcelId, type, olderThanMs, failureIds };
    tools.handsBack();
    let hasRun = false;
    const code = await tools.act({
      kind: isAll(selection) ? 'redrive-all' : 'redrive-some',
      filter: { ...filterOf(selection), ...(options.queue && { queue: options.queue }) },
      plan: ({ signal, onProgress }) => {
        const onLooked = (done: number, total: number) => onProgress({ what: 'dead letters read', done, total });
        return planRedrive(deps, sourceUrl, selection, { deployedAtUtc: deployedAt, onProgress: onLooked }, signal);
      },
      sentence: ({ plan, deadLetters }) =>
        `Redrives ${howMany(plan, 'dead letter')} of ${nameOf(deadLetters.url)} to ${nameOf(sourceUrl)}.`,
      run: (planned, { moreThanPlanned, ...context }) => {
        hasRun = true;
        return runRedrive(deps, planned, { isMoreThanPlannedFine: moreThanPlanned }, context);
      },
      unseen: ({ unseen }) => unseen,
    });
    if (hasRun)
      tools.print.note('What fails again is in "waybill failures groups"; what comes back is in "waybill dlq list".');
    return code;
  },
});

const erase = command({
  name: 'erase',
  summary: "erase a person's data from dead letters and failure records",
  details:
    'The text that names the person, an id for example, is asked for without echo, or read from standard input or a file: as an argument it would stay in the history of the shell. Nothing of it goes on record, so name the request with --because. Letters beyond ASCII may be typed as they are. Upper and lower case are different.',
  examples: [
    { line: 'erase --dry-run', says: 'asks for the text, and counts what names the person' },
    {
      line: 'erase --person-file person.txt --yes --because "request 4711"',
      says: 'erases dead letters, then failure records',
    },
  ],
  options: {
    personFile: optional('FILE', 'the file that holds the text', anyText),
  },
  isAct: true,
  prints: 'document',
  run: async ({ options }, tools) => {
    const deployment = await tools.names('failuresTable', 'scanQueueUrl');
    const [{ personText }, { planErase }, { runErase }] = await Promise.all([
      import('@waybill/operations/erase/person-text.ts'),
      import('@waybill/operations/erase/plan-erase.ts'),
      import('@waybill/operations/erase/run-erase.ts'),
    ]);
    const person = personText(await personOf(options.personFile, tools));
    const { clock, random } = tools;
    const [sqs, documents] = await Promise.all([tools.sqs(), tools.documents()]);
    const deps = { sqs, documents, clock, random, deployment };
    tools.handsBack();
    return await tools.act({
      kind: 'erase',
      // Not even a hash of the text: a short id is found from it by trying.
      filter: {},
      plan: ({ signal, onProgress }) => {
        const told = (what: string, done: number, total?: number) =>
          onProgress({ what, done, ...(total !== undefined && { total }) });
        return planErase(deps, person, told, signal);
      },
      sentence: ({ plan }) =>
        `Deletes ${counted(plan.byReason['dead letters'] ?? 0, 'dead letter')} and ${counted(plan.byReason['failure records'] ?? 0, 'failure record')} with the person's name.`,
      unseen: ({ unseen }) => unseen,
      run: (planned, { moreThanPlanned, ...context }) =>
        runErase(deps, planned, { isMoreThanPlannedFine: moreThanPlanned }, context),
    });
  },
});

async function personOf(file: string | undefined, { secret }: Tools): Promise<string> {
  if (file === undefined) return await secret('Text that names the person (not shown): ');
  const { readFile } = await import('node:fs/promises');
  const { usageError } = await import('../tools/usage-error.ts');
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw usageError(`The file ${file} cannot be read`, `ls -l ${file}`);
  }
}

function nameOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}

export const deadLetterCommands = [show, redrive, erase];
