import { z } from 'zod';
import { contextKey } from './context-key.ts';

const nobody = 'none';

function readAddress(value: unknown): string | undefined {
  return value === nobody ? nobody : z.email().safeParse(value).data;
}

/** Who gets the alarms, and where they find what to do. */
export const alarmKeys = {
  alarmEmail: contextKey({
    meaning:
      'address that gets the critical alarms, after it has confirmed the subscription. `none`: nobody, because something else subscribes to the topic `AlarmTopicArn`',
    allowed: 'an e-mail address, or `none`',
    shownDefault: 'required unless `disposable=true`, or `stacks` has no alarms',
    read: readAddress,
  }),
  warningEmail: contextKey({
    meaning: 'address that gets the warnings; the topic `WarningTopicArn`',
    allowed: 'an e-mail address, or `none`',
    shownDefault: 'the value of `alarmEmail`',
    read: readAddress,
  }),
  runbookUrl: contextKey({
    meaning:
      'where readers of an alarm find [the runbook](../infra/RUNBOOK.md) of the deployed release: each alarm ends with a link to its section',
    allowed: 'a URL with http(s), without spaces and `#`',
    shownDefault: '`infra/RUNBOOK.md`; required with an address',
    read: (value) =>
      typeof value === 'string' && /^https?:\/\/[^\s#]{1,300}$/.test(value) && URL.canParse(value) ? value : undefined,
  }),
};

/** The addresses; undefined for nobody. */
export function alarmAddresses({ alarmEmail, warningEmail = alarmEmail }: Addresses): Addresses {
  return { alarmEmail: addressOf(alarmEmail), warningEmail: addressOf(warningEmail) };
}

type Addresses = { readonly alarmEmail: string | undefined; readonly warningEmail: string | undefined };

function addressOf(given: string | undefined): string | undefined {
  return given === nobody ? undefined : given;
}
