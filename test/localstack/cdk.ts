import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Resources } from '@waybill/provisioner/provision.ts';
import { z } from 'zod';

const root = fileURLToPath(import.meta.resolve('../..'));
const infra = join(root, 'infra');
const cli = join(root, 'node_modules', '.bin', 'cdk');
/** Milliseconds that one command may take; on LocalStack it takes some ten seconds. */
const limitMs = 180_000;

/** How a command of the CDK ended, and everything that it said. */
export type CdkRun = { readonly code: number | null; readonly output: string };

/** What the data stack says when it is deployed. */
const stackOutputs = z.object({
  ScanQueueUrl: z.string(),
  DeadLetterQueueUrl: z.string(),
  ParcelsTable: z.string(),
  CheckpointsTable: z.string(),
  FailuresTable: z.string(),
});

/** The data stack of one environment, as README deploys it to LocalStack: with the CDK's own command line. */
export class DataStackOnLocalStack {
  readonly stackName: string;
  readonly #endpoint: string;
  readonly #context: readonly string[];
  readonly #folder: string;

  private constructor(endpoint: string, environment: string, disposable: boolean, folder: string) {
    this.stackName = `waybill-${environment}-data`;
    this.#endpoint = endpoint;
    this.#folder = folder;
    const context = { stacks: 'data', bootstrapped: 'false', environment, disposable: String(disposable) };
    this.#context = Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  }

  /** @param endpoint LocalStack's, which is that of all services */
  static async of(endpoint: string, environment: string, options: { readonly disposable: boolean }) {
    const folder = await mkdtemp(join(tmpdir(), 'waybill-deploy-'));
    return new DataStackOnLocalStack(endpoint, environment, options.disposable, folder);
  }

  /** Where `synth` writes the template, and from where {@link deploy} and {@link diff} can take a changed one. */
  get assembly(): string {
    return join(this.#folder, 'assembly');
  }

  get template(): string {
    return join(this.assembly, `${this.stackName}.template.json`);
  }

  synth(): Promise<CdkRun> {
    return this.#cdk(['synth', '--quiet', '--output', this.assembly, ...this.#context]);
  }

  /** @param app the folder of a synthesized app, instead of the app */
  deploy(app?: string): Promise<CdkRun> {
    return this.#cdk(['deploy', '--require-approval=never', `--outputs-file=${this.#outputs}`, ...this.#app(app)]);
  }

  /** Exit code 1 when there is a difference. */
  diff(app?: string): Promise<CdkRun> {
    return this.#cdk(['diff', '--fail', ...this.#app(app)]);
  }

  destroy(): Promise<CdkRun> {
    return this.#cdk(['destroy', '--force', ...this.#app(undefined)]);
  }

  /** What the last deployment made. */
  async resources(): Promise<Resources> {
    const written: unknown = JSON.parse(await readFile(this.#outputs, 'utf8'));
    const outputs = z.record(z.string(), stackOutputs).parse(written)[this.stackName];
    if (!outputs) throw new Error(`The deployment said nothing of ${this.stackName}: ${JSON.stringify(written)}`);
    return {
      scanQueueUrl: outputs.ScanQueueUrl,
      deadLetterQueueUrl: outputs.DeadLetterQueueUrl,
      parcelsTable: outputs.ParcelsTable,
      checkpointsTable: outputs.CheckpointsTable,
      failuresTable: outputs.FailuresTable,
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
        // The CLI and the app that it starts run on the `node` that they find.
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

/** The LocalStack to deploy to: the one endpoint that both variables name. */
export function localStackEndpoint(): string {
  const { AWS_ENDPOINT_URL_SQS: sqs, AWS_ENDPOINT_URL_DYNAMODB: dynamodb } = process.env;
  if (!sqs || sqs !== dynamodb) {
    throw new Error('AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_DYNAMODB must both name the same LocalStack');
  }
  return sqs;
}

/** An environment that no other run has used. The context allows 16 characters. */
export function freshEnvironment(beginning: string): string {
  return `${beginning}-${Date.now().toString(36)}`;
}
