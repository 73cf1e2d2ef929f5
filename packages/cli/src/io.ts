import type { Readable, Writable } from 'node:stream';
import type { Clock, Random } from '@waybill/shared/clock.ts';
import type { ClientPlace } from '@waybill/shared/process/aws-clients.ts';
import type { StopSignals } from '@waybill/shared/process/stop-signals.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The AWS services that commands call. */
export type Service = 'sqs' | 'dynamodb' | 'sts' | 'cloudformation';

/** All that the command line has of the process in which it runs. */
export type CommandLineIo = {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Environment;
  readonly isTerminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** The terminal's width; undefined where there is none. */
  readonly columns: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Bytes that nobody can guess, for tokens. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** Ctrl-C: the first one cancels, the second one ends at once. */
  readonly signals: Pick<StopSignals, 'first' | 'second'>;
  /** The name of the operating system's user. */
  readonly userName: () => string;
  /** Where a service is reached and as whom; undefined: the AWS SDK finds it. Tests have places of their own. */
  readonly place: (service: Service) => ClientPlace | undefined;
};
