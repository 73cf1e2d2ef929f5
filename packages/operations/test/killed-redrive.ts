import { SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '@waybill/shared/clock.ts';
import { type DeadLetterPort, openDeadLetters } from '../src/dead-letters/dead-letter-queue.ts';
import { type RedriveSomeDependencies, redriveSome } from '../src/redrive/redrive-some.ts';

/** What a child process redrives, and where it is killed. */
export type KilledRedrive = {
  readonly endpoint: string;
  readonly sourceUrl: string;
  readonly type: string;
  readonly visibilitySeconds: number;
  /** The step at which the process kills itself; 0: never. */
  readonly killAt: number;
};

/**
 * A redrive of one type of event whose process is killed at a step. Each call to SQS is two steps: before it is made, and
 * when its answer has come and nobody has read it. Prints the number of steps when it is not killed.
 */
async function killedRedrive(): Promise<void> {
  const given: KilledRedrive = JSON.parse(process.argv[2] ?? '');
  const { endpoint, sourceUrl, type, visibilitySeconds, killAt } = given;
  const sqs = new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    useQueueUrlAsEndpoint: false,
  });
  let steps = 0;
  const step = () => {
    steps += 1;
    if (steps === killAt) process.kill(process.pid, 'SIGKILL');
  };
  const counted =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      step();
      const answer = await call(...args);
      step();
      return answer;
    };
  const opened = await openDeadLetters(sqs, sourceUrl);
  const deadLetters: DeadLetterPort & { readonly sourceArn: string } = {
    sourceArn: opened.sourceArn,
    counts: counted(opened.counts),
    receive: counted(opened.receive),
    deleteBatch: counted(opened.deleteBatch),
    changeVisibilityBatch: counted(opened.changeVisibilityBatch),
    sendToSource: counted(opened.sendToSource),
  };
  const deps: RedriveSomeDependencies = {
    clock: systemClock,
    random: Math.random,
    pace: { visibilitySeconds, waitSeconds: 1 },
    deployment: { failuresTable: 'none' },
    // A redrive by type reads it: every record is missing.
    documents: Object.assign(Object.create(null), { send: async () => ({ Responses: {} }) }),
  };
  const planned = { plan: { count: 1_000, isMoreThan: true }, selection: { type, failureIds: [] }, deadLetters };
  const context = { signal: new AbortController().signal, onProgress: () => undefined };
  const result = await redriveSome(deps, planned, { isMoreThanPlannedFine: true }, context);
  process.stdout.write(JSON.stringify({ steps, ...result }));
  sqs.destroy();
}

await killedRedrive();
