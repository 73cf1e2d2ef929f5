import type { Command } from '../command/command.ts';
import { batchesCommands } from './batches.ts';
import { checkpointCommands } from './checkpoint.ts';
import { completionCommand } from './completion.ts';
import { deadLetterCommands } from './dead-letters.ts';
import { failuresCommands } from './failures.ts';
import { feedCommands } from './feed.ts';
import { notificationsCommands } from './notifications.ts';
import { operationsCommands } from './operations.ts';
import { parcelCommands } from './parcel.ts';
import { parcelsCommands } from './parcels.ts';
import { replayCommands } from './replay.ts';
import { statusCommands } from './status.ts';
import { tokenCommands } from './token.ts';

/**
 * Every command of `waybill`, in the order of its help.
 *
 * A command is an object made by `command({...})` in a file of this folder; a file exports the commands of its group as one
 * array, which has one line below; a new group has a line in groups.ts. The file loads nothing heavy (no zod, no SDK, nothing of packages/operations but types):
 * `run` and `shape` import what they need, because every start of `waybill` loads every file of this folder.
 *
 * - `run` gets the values of the options and arguments, with their types, and `tools` (tools.ts): names, clients, the record of
 *   operations, the clock, the signal, and `print`.
 * - It prints data with `tools.print.document` or `tools.print.list`, and nothing else on stdout.
 * - An act (`isAct: true`) returns `tools.act({...})`, which plans, prints, asks, runs on record and makes the exit code.
 * - A failure is a WaybillError whose `details.next` is the command to try.
 * - Its test lies beside it and runs it in process: `packages/cli/test/cli-rig.ts`. A row of `test/grants/commands.int.test.ts`
 *   says which policies a person needs for it.
 * - docs/waybill.md is made from all of this: `npm run test:unit -- test/docs -u`.
 */
export const commands: readonly Command[] = [
  ...statusCommands,
  ...parcelCommands,
  ...parcelsCommands,
  ...failuresCommands,
  ...deadLetterCommands,
  ...replayCommands,
  ...checkpointCommands,
  ...feedCommands,
  ...batchesCommands,
  ...notificationsCommands,
  ...operationsCommands,
  ...tokenCommands,
  completionCommand(() => commands),
];
