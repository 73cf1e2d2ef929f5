import { optionalTableName } from './env.ts';

/** Of the processes that write there, and of those that read it. */
export const activityVariable = {
  ACTIVITY_TABLE: optionalTableName({
    meaning:
      'table of what processes did in the last hour: poller, processor and notifier write there every 10 s, `waybill status`, the API and its page read it',
  }),
};
