import { contextKey, flag, readFlag } from './context-key.ts';

/** The tables. */
export const dataKeys = {
  openIndex: contextKey({
    meaning:
      'true: the parcels table has the index `open-parcels` of what is not delivered: 2 write units a parcel in its life. It can be added to a [table in use](../infra/RUNBOOK.md#add-the-index-of-open-parcels). The API needs it to list open parcels',
    allowed: '`true` or `false`',
    shownDefault: 'the value of `api`',
    read: readFlag,
  }),
  parcelStream: flag({
    meaning:
      'true: the parcels table has a DynamoDB stream with new and old images, for programs of your own; the output `ParcelStreamArn` names it',
    default: false,
  }),
};
