const livez = 'images/livez.ts';

/** The programs of each image by name, with their entry files. The images are the targets of the `Dockerfile`. */
export const programs = {
  poller: { poller: 'packages/poller/src/main.ts', livez },
  processor: { processor: 'packages/processor/src/main.ts', livez },
  api: { api: 'packages/api/src/main.ts', livez },
  notifier: { notifier: 'packages/notifier/src/main.ts', livez },
  operator: { waybill: 'packages/cli/src/main.ts' },
  local: {
    provision: 'packages/provisioner/src/main.ts',
    'scan-api': 'packages/carrier/src/main.ts',
    receiver: 'packages/local/src/receiver/main.ts',
    livez,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

export type ImageName = keyof typeof programs;

export const imageNames = [
  'poller',
  'processor',
  'api',
  'notifier',
  'operator',
  'local',
] as const satisfies readonly ImageName[];
