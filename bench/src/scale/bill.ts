import { prices } from '@waybill/infra/cost/prices.ts';
import { type Consumption, dollarsOf } from '@waybill/local/cost.ts';
import { keepingUp } from './keeping-up.ts';
import type { Environment, Scale } from './scales.ts';
import type { Result } from './scenarios.ts';

/** US dollars of a scenario, over all feeds. */
export type Bill = {
  readonly events: number;
  readonly sqs: number;
  readonly dynamodb: number;
  /** Tasks and their addresses, those of the pollers included. */
  readonly fargate: number;
  readonly total: number;
};

export function billOf(scale: Scale, { context }: Environment, result: Result): Bill {
  const minutes = result.storedEvents.map((events) => ({
    events,
    consumption: perMinute(keepingUp(events / 60)),
  }));
  const sum = (of: (minute: (typeof minutes)[number]) => number) =>
    scale.feeds * minutes.reduce((total, minute) => total + of(minute), 0);
  const none = { sqsRequests: 0, writeUnits: 0, readUnits: 0 };
  const hours = result.running.length / 60;
  const processorHours = result.running.reduce((total, tasks) => total + tasks, 0) / 60;
  // The first processor runs on demand, of the others a share on Spot.
  const spotHours = ((processorHours - hours) * context.spotShare) / 100;
  const pollers = context.standby ? 2 : 1;
  const fargate =
    scale.feeds *
    (pollers * hours * taskHour(context.pollerSize) +
      (processorHours - spotHours) * taskHour(context.processorSize) +
      spotHours * spotTaskHour(context.processorSize) +
      (processorHours + pollers * hours) * prices.publicIpv4Hour.usd);
  const sqs = sum(({ consumption: { sqsRequests } }) => dollarsOf({ ...none, sqsRequests }));
  const dynamodb = sum(({ consumption: { writeUnits, readUnits } }) => dollarsOf({ ...none, writeUnits, readUnits }));
  return {
    events: sum(({ events }) => events),
    sqs,
    dynamodb,
    fargate,
    total: sqs + dynamodb + fargate,
  };
}

function perMinute({ sqsRequests, writeUnits, readUnits }: Consumption): Consumption {
  return { sqsRequests: 60 * sqsRequests, writeUnits: 60 * writeUnits, readUnits: 60 * readUnits };
}

type Size = { readonly cpu: number; readonly memoryMiB: number };

function taskHour({ cpu, memoryMiB }: Size): number {
  return (cpu / 1_024) * prices.vcpuHour.usd + (memoryMiB / 1_024) * prices.memoryHour.usd;
}

function spotTaskHour({ cpu, memoryMiB }: Size): number {
  return (cpu / 1_024) * prices.spotVcpuHour.usd + (memoryMiB / 1_024) * prices.spotMemoryHour.usd;
}
