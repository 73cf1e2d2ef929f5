import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { paginateListTables } from '@aws-sdk/client-dynamodb';
import { paginateListQueues } from '@aws-sdk/client-sqs';
import type { EngineClients } from '@waybill/local/engines/engine-clients.ts';
import type { Resources } from '@waybill/provisioner/provision.ts';
import { z } from 'zod';

const root = fileURLToPath(import.meta.resolve('../..'));
const infra = join(root, 'infra');
const cli = join(root, 'node_modules', '.bin', 'cdk');
/** Milliseconds that one command may take. On LocalStack it takes some ten seconds. */
const limitMs = 180_000;

/** The result of a command of the CDK, with all its output. */
export type CdkRun = { readonly code: number | null; readonly output: string };

/** The only webhook of a deployment here. */
export const webhook = 'shop';

/** The outputs of the data stack. */
const stackOutputs = z.object({
  ScanQueueUrl: z.string(),
  DeadLetterQueueUrl: z.string(),
  ParcelsTable: z.string(),
  CheckpointsTable: z.string(),
  FailuresTable: z.string(),
  OperationsTable: z.string(),
  BatchesTable: z.string(),
  NotificationsTable: z.string(),
  ActivityTable: z.string(),
  AnnouncementQueueUrls: z.string(),
});

/** The data stack of one environment. The CDK's command line deploys it to LocalStack, as README shows. */
export class DataStackOnLocalStack {
  readonly stackName: string;
  readonly #endpoint: string;
  readonly #context: readonly string[];
  readonly #folder: string;

  private constructor(endpoint: string, environment: string, disposable: boolean, folder: string) {
    this.stackName = `waybill-${environment}-data`;
    this.#endpoint = endpoint;
    this.#folder = folder;
    const context = {
      stacks: 'data',
      bootstrapped: 'false',
      alarmEmail: 'none',
      environment,
      disposable: String(disposable),
      openIndex: 'true',
      webhooks: JSON.stringify([{ name: webhook, url: 'https://shop.example/hook', secretsName: 'shop/secrets' }]),
    };
    this.#context = Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  }

  /** @param endpoint of LocalStack, for all services */
  static async of(endpoint: string, environment: string, options: { readonly disposable: boolean }) {
    const folder = await mkdtemp(join(tmpdir(), 'waybill-deploy-'));
    return new DataStackOnLocalStack(endpoint, environment, options.disposable, folder);
  }

  /** The folder to which `synth` writes the template. {@link deploy} and {@link diff} can read a changed one from there. */
  get assembly(): string {
    return join(this.#folder, 'assembly');
  }

  get template(): string {
    return join(this.assembly, `${this.stackName}.template.json`);
  }

  synth(): Promise<CdkRun> {
    return this.#cdk(['synth', '--quiet', '--output', this.assembly, ...this.#context]);
  }

  /** @param app the folder of a synthesized app; otherwise the app is synthesized */
  deploy(app?: string): Promise<CdkRun> {
    return this.#cdk(['deploy', '--require-approval=never', `--outputs-file=${this.#outputs}`, ...this.#app(app)]);
  }

  /** The exit code is 1 when there is a difference. */
  diff(app?: string): Promise<CdkRun> {
    return this.#cdk(['diff', '--fail', ...this.#app(app)]);
  }

  destroy(): Promise<CdkRun> {
    return this.#cdk(['destroy', '--force', ...this.#app(undefined)]);
  }

  /** The resources of the last deployment. */
  async resources(): Promise<Resources> {
    const written: unknown = JSON.parse(await readFile(this.#outputs, 'utf8'));
    const outputs = z.record(z.string(), stackOutputs).parse(written)[this.stackName];
    if (!outputs) throw new Error(`the deployment has no outputs of ${this.stackName}: ${JSON.stringify(written)}`);
    return {
      scanQueueUrl: outputs.ScanQueueUrl,
      deadLetterQueueUrl: outputs.DeadLetterQueueUrl,
      announcementQueueUrl: outputs.AnnouncementQueueUrls,
      // The stack gives the queue alone; its DLQ is named after it.
      announcementDeadLetterQueueUrl: `${outputs.AnnouncementQueueUrls}-dlq`,
      parcelsTable: outputs.ParcelsTable,
      checkpointsTable: outputs.CheckpointsTable,
      failuresTable: outputs.FailuresTable,
      operationsTable: outputs.OperationsTable,
      batchesTable: outputs.BatchesTable,
      notificationsTable: outputs.NotificationsTable,
      activityTable: outputs.ActivityTable,
    };
  }

  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #outputs(): string {
    return join(this.#folder, 'outputs.json');
  }

  #app(folder: string | undefined): string[] {
    return folder === undefined
      ? ['--output', join(this.#folder, 'cdk.out'), ...this.#context]
      : ['--app', folder, this.stackName];
  }

  async #cdk(args: readonly string[]): Promise<CdkRun> {
    const child = spawn(cli, [...args, '--no-notices', '--version-reporting=false'], {
      cwd: infra,
      env: {
        // The CLI and the app that it starts run on the first `node` in the path.
        PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
        HOME: process.env['HOME'],
        NO_COLOR: '1',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        AWS_ENDPOINT_URL: this.#endpoint,
        AWS_ENDPOINT_URL_S3: this.#endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    await once(child, 'close');
    return { code: child.exitCode, output };
  }
}

/** The endpoint of the LocalStack to deploy to, which both variables must name. */
export function localStackEndpoint(): string {
  const { AWS_ENDPOINT_URL_SQS: sqs, AWS_ENDPOINT_URL_DYNAMODB: dynamodb } = process.env;
  if (!sqs || sqs !== dynamodb) {
    throw new Error('AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_DYNAMODB must name the same LocalStack');
  }
  return sqs;
}

/** The name of an environment that no other run has used. The context allows 16 characters. */
export function freshEnvironment(beginning: string): string {
  return `${beginning}-${Date.now().toString(36)}`;
}

/** The URLs of an environment's queues and the names of its tables: all of them, on an engine that holds many others. */
export async function existingResources(
  { sqs, dynamodb }: Pick<EngineClients, 'sqs' | 'dynamodb'>,
  environment: string,
): Promise<{ queues: readonly string[]; tables: readonly string[] }> {
  const queues: string[] = [];
  for await (const { QueueUrls = [] } of paginateListQueues({ client: sqs }, { QueueNamePrefix: environment }))
    queues.push(...QueueUrls);
  const tables: string[] = [];
  // It has no filter, and ends a page after 100 names.
  for await (const { TableNames = [] } of paginateListTables({ client: dynamodb }, {})) tables.push(...TableNames);
  return { queues, tables: tables.filter((name) => name.startsWith(environment)) };
}
