import { apiVariables, readConfig as readApiConfig } from '@waybill/api/config.ts';
import { pollerVariables, readConfig as readPollerConfig } from '@waybill/poller/config.ts';
import { processorVariables, readConfig as readProcessorConfig } from '@waybill/processor/config.ts';
import { contextKey, flag, wholeNumber } from './context-key.ts';
import { variablesOf } from './process-variables.ts';

/** MiB of memory that Fargate allows with each number of vCPU units, as far as Waybill may need them. */
const memoryOf: Readonly<Record<string, readonly number[]>> = {
  '256': [512, 1024, 2048],
  '512': [1024, 2048, 3072, 4096],
  '1024': [2048, 3072, 4096],
};

function taskSize(meaning: string) {
  return contextKey({
    meaning,
    allowed: 'vCPU units and MiB that Fargate allows: `256/512` … `1024/4096`',
    default: { cpu: 256, memoryMiB: 512 },
    shownDefault: '`256/512`',
    read: (value) => {
      const [cpu = '', memory = ''] = typeof value === 'string' ? value.split('/') : [];
      const memoryMiB = memoryOf[cpu]?.find((size) => String(size) === memory);
      return memoryMiB === undefined ? undefined : { cpu: Number(cpu), memoryMiB };
    },
  });
}

/** The highest `maxProcessors`. */
export const mostProcessors = 100;

/** The processes. */
export const serviceKeys = {
  pollerSize: taskSize('CPU and memory of a poller'),
  processorSize: taskSize('CPU and memory of a processor'),
  apiSize: taskSize('CPU and memory of a task of the API'),
  notifierSize: taskSize('CPU and memory of a notifier'),
  standby: flag({ meaning: 'true: a second poller runs on standby', default: false }),
  maxProcessors: wholeNumber({
    meaning: 'processors that scaling runs at most',
    min: 1,
    max: mostProcessors,
    default: 10,
  }),
  spotShare: wholeNumber({
    meaning: 'percent of the processors beyond the first, and of the notifiers of a webhook, that run on Fargate Spot',
    min: 0,
    max: 100,
    default: 100,
  }),
  maxNotifiers: wholeNumber({
    meaning: 'notifiers of each webhook that scaling runs at most',
    min: 1,
    max: 20,
    default: 4,
  }),
  operatorTask: flag({
    meaning:
      'true: a task definition with which `waybill` can be [run on Fargate](../infra/RUNBOOK.md#run-waybill-as-a-task). It costs nothing while it does not run',
    default: true,
  }),
  pollerVariables: variablesOf('poller', Object.keys(pollerVariables), readPollerConfig),
  processorVariables: variablesOf('processor', Object.keys(processorVariables), readProcessorConfig),
  apiVariables: variablesOf('API', Object.keys(apiVariables), readApiConfig),
};
