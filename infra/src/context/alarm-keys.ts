import { z } from 'zod';
import { contextKey } from './context-key.ts';

/** Who gets the alarms, and where they find what to do. */
export const alarmKeys = {
  alarmEmail: contextKey({
    meaning: 'address that gets the alarms, after it has confirmed the subscription',
    allowed: 'an e-mail address',
    read: (value) => z.email().safeParse(value).data,
  }),
  runbookUrl: contextKey({
    meaning: 'where readers of an alarm find the runbook: a path in your repository, or a URL',
    allowed: 'text without spaces and `#`',
    default: 'infra/RUNBOOK.md',
    read: (value) => (typeof value === 'string' && /^[^\s#]{1,300}$/.test(value) ? value : undefined),
  }),
};
