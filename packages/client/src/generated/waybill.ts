/**
 * Made from packages/api/openapi.json by `npm run openapi`.
 */
import { request } from '../request.ts';
export type CorrectedParcelHistoryItem = {
  eventId: number;
  type: string;
  statusCode: string;
  createdDateTimeUtc: string;
};

/**
 * The milestone that was told.
 */
export type CorrectedParcelPrevious = {
  eventId: number;
  timeUtc: string;
};

/**
 * Where a parcel stands, in one vocabulary for all carriers.
 */
export type Stage = typeof Stage[keyof typeof Stage];


export const Stage = {
  registered: 'registered',
  'in-transit': 'in-transit',
  'out-for-delivery': 'out-for-delivery',
  'attempt-failed': 'attempt-failed',
  'available-for-pickup': 'available-for-pickup',
  exception: 'exception',
  returning: 'returning',
  returned: 'returned',
  delivered: 'delivered',
  cancelled: 'cancelled',
} as const;

export interface Scan {
  eventId: number;
  type: string;
  statusCode: string;
  runId: string;
  createdDateTimeUtc: string;
}

/**
 * Null: not seen yet.
 */
export type Milestone = {
  eventId: number;
  timeUtc: string;
} | null;

export interface CorrectedParcel {
  parcelId: number;
  stage: Stage;
  latest: Scan;
  pickup: Milestone | null;
  delivery: Milestone | null;
  history?: CorrectedParcelHistoryItem[];
  revision: number;
  updatedAtUtc: string;
  /** The milestone that was told. */
  previous: CorrectedParcelPrevious;
}

/**
 * An OpenAPI document.
 */
export interface OpenApiDocument {
  openapi: string;
  [key: string]: unknown;
}

export type ParcelHistoryItem = {
  eventId: number;
  type: string;
  statusCode: string;
  createdDateTimeUtc: string;
};

/**
 * Where a parcel is, and what has been seen of it.
 */
export interface Parcel {
  parcelId: number;
  stage: Stage;
  latest: Scan;
  pickup: Milestone | null;
  delivery: Milestone | null;
  history?: ParcelHistoryItem[];
  revision: number;
  updatedAtUtc: string;
}

export interface ParcelDelivered {
  type: 'parcel.delivered';
  /** When the milestone was, in the feed's own digits. */
  timestamp: string;
  data: Parcel;
}

export interface ParcelDeliveryCorrected {
  type: 'parcel.delivery_corrected';
  /** When the milestone was, in the feed's own digits. */
  timestamp: string;
  data: CorrectedParcel;
}

export interface ParcelPickedUp {
  type: 'parcel.picked_up';
  /** When the milestone was, in the feed's own digits. */
  timestamp: string;
  data: Parcel;
}

export interface ParcelPickupCorrected {
  type: 'parcel.pickup_corrected';
  /** When the milestone was, in the feed's own digits. */
  timestamp: string;
  data: CorrectedParcel;
}

export type ProblemCode = typeof ProblemCode[keyof typeof ProblemCode];


export const ProblemCode = {
  INVALID_REQUEST: 'INVALID_REQUEST',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  FORBIDDEN: 'FORBIDDEN',
  NOT_FOUND: 'NOT_FOUND',
  INDEX_OFF: 'INDEX_OFF',
  NOTIFICATIONS_OFF: 'NOTIFICATIONS_OFF',
  METHOD_NOT_ALLOWED: 'METHOD_NOT_ALLOWED',
  CONFLICT: 'CONFLICT',
  TOO_LARGE: 'TOO_LARGE',
  UNSUPPORTED_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  UNPROCESSABLE: 'UNPROCESSABLE',
  IDEMPOTENCY_KEY_REUSED: 'IDEMPOTENCY_KEY_REUSED',
  TOO_MANY_REQUESTS: 'TOO_MANY_REQUESTS',
  INTERNAL: 'INTERNAL',
  WEBHOOK_REFUSED: 'WEBHOOK_REFUSED',
  UNAVAILABLE: 'UNAVAILABLE',
} as const;

export type ProblemErrorsItem = {
  pointer: string;
  detail: string;
};

/**
 * Why a request was not done (RFC 9457).
 */
export interface Problem {
  /** A stable URI of the code. */
  type: string;
  title: string;
  /**
     * @minimum 400
     * @maximum 599
     */
  status: number;
  detail: string;
  code: ProblemCode;
  requestId: string;
  /** What is wrong with which part of the input: JSON pointers into it. */
  errors?: ProblemErrorsItem[];
  [key: string]: unknown;
}

export type ScanEventElementUser = {
  RunId?: string | null;
  [key: string]: unknown;
} | null;

export type ScanEventElementDevice = {[key: string]: unknown} | null;

/**
 * An element of the Scan Event API. One that is not like this is rejected; its neighbours are not.
 */
export interface ScanEventElement {
  /**
     * @minimum 1
     * @maximum 9007199254740991
     */
  EventId: number;
  /**
     * @minimum 1
     * @maximum 9007199254740991
     */
  ParcelId: number;
  /**
     * `PICKUP`, `STATUS`, `DELIVERY`, or another
     * @minLength 1
     * @maxLength 1024
     */
  Type: string;
  /**
     * ISO 8601 in UTC with any fraction, ending in `Z` or without a zone
     * @pattern ^\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,20})?Z?$
     */
  CreatedDateTimeUtc: string;
  StatusCode?: string | null;
  User?: ScanEventElementUser;
  Device?: ScanEventElementDevice;
  [key: string]: unknown;
}

/**
 * A page of the Scan Event API, pushed.
 */
export interface Push {
  /**
     * @minItems 1
     * @maxItems 10000
     */
  ScanEvents: ScanEventElement[];
  [key: string]: unknown;
}

export type PushAcceptedRejectedItem = {
  /** Its place among the elements, from 0 */
  index: number;
  code: string;
  /** The field, as `User.RunId`; empty for the element itself */
  path: string;
  expected: string;
};

export interface PushAccepted {
  batchId: string;
  /** Events, each of them confirmed on the queue */
  accepted: number;
  /** Elements that are not scan events: the sender’s to mend */
  rejected: PushAcceptedRejectedItem[];
}

/**
 * `INVALID_REQUEST`: The request is not valid
 */
export type InvalidRequestResponse = Problem;

/**
 * `UNAUTHENTICATED`: A valid token is needed
 */
export type UnauthenticatedResponse = Problem;

/**
 * `FORBIDDEN`: The token does not allow this
 */
export type ForbiddenResponse = Problem;

/**
 * `NOT_FOUND`: Not found
 */
export type NotFoundResponse = Problem;

/**
 * `TOO_LARGE`: The request is too large
 */
export type TooLargeResponse = Problem;

/**
 * `TOO_MANY_REQUESTS`: Too many requests
 */
export type TooManyRequestsResponse = Problem;

/**
 * `INTERNAL`: An error inside of Waybill
 */
export type InternalResponse = Problem;

/**
 * `UNAVAILABLE`: Not available now
 */
export type UnavailableResponse = Problem;

/**
 * `UNSUPPORTED_MEDIA_TYPE`: The media type is not supported
 */
export type UnsupportedMediaTypeResponse = Problem;

/**
 * `INDEX_OFF`: The index that this needs is not there
 */
export type IndexOffResponse = Problem;

/**
 * `CONFLICT`: Another request is in the way
 */
export type ConflictResponse = Problem;

/**
 * `NOT_FOUND`: Not found. `NOTIFICATIONS_OFF`: This deployment notifies nobody
 */
export type NotFoundNotificationsOffResponse = Problem;

export type GetParcel200HistoryItem = {
  eventId: number;
  type: string;
  statusCode: string;
  createdDateTimeUtc: string;
};

export type GetParcel200 = {
  parcelId: number;
  stage: Stage;
  latest: Scan;
  pickup: Milestone | null;
  delivery: Milestone | null;
  history?: GetParcel200HistoryItem[];
  revision: number;
  updatedAtUtc: string;
  /**
     * Every scan event up to this EventId is on the queue or has been worked on; null where nobody knows it yet
     * @nullable
     */
  completeThroughEventId: number | null;
  /** When the parcels were read */
  asOfUtc: string;
};

export type BatchGetParcelsBody = {
  /**
     * @minItems 1
     * @maxItems 100
     * @items.minimum 1
     * @items.maximum 9007199254740991
     */
  parcelIds: number[];
};

export type BatchGetParcels200UnreadableItem = {
  parcelId: number;
  problem: string;
};

export type BatchGetParcels200 = {
  /** In the order asked for, each once */
  parcels: Parcel[];
  /** Ids asked for of which nothing is stored */
  missing: number[];
  /** What is stored under these ids cannot be shown or judged: tell the operator. Absent where there is none */
  unreadable?: BatchGetParcels200UnreadableItem[];
  /**
     * Every scan event up to this EventId is on the queue or has been worked on; null where nobody knows it yet
     * @nullable
     */
  completeThroughEventId: number | null;
  /** When the parcels were read */
  asOfUtc: string;
};

export type ListParcelsParams = {
/**
 * Only parcels that have not arrived
 */
open?: 'true';
/**
 * With `open=true`: those at this stage; none is at `delivered`
 */
stage?: ListParcelsStage;
/**
 * Those whose latest scan was before this instant
 * @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$
 */
lastScanBefore?: string;
/**
 * How many to return at most; more than 1000 is taken as 1000. A page may be shorter
 * @minimum 1
 */
limit?: number;
/**
 * `nextCursor` of the page before, with the filters of that page. The limit may be another
 * @minLength 1
 * @maxLength 4096
 */
cursor?: string;
};

export type ListParcelsStage = typeof ListParcelsStage[keyof typeof ListParcelsStage];


export const ListParcelsStage = {
  registered: 'registered',
  'in-transit': 'in-transit',
  'out-for-delivery': 'out-for-delivery',
  'attempt-failed': 'attempt-failed',
  'available-for-pickup': 'available-for-pickup',
  exception: 'exception',
  returning: 'returning',
  returned: 'returned',
  delivered: 'delivered',
  cancelled: 'cancelled',
} as const;

export type ListParcels200UnreadableItem = {
  parcelId: number;
  problem: string;
};

export type ListParcels200 = {
  parcels: Parcel[];
  /** What is stored under these ids cannot be shown or judged: tell the operator. Absent where there is none */
  unreadable?: ListParcels200UnreadableItem[];
  /** The cursor of the next page; absent at the end, and only there */
  nextCursor?: string;
  /**
     * Every scan event up to this EventId is on the queue or has been worked on; null where nobody knows it yet
     * @nullable
     */
  completeThroughEventId: number | null;
  /** When the parcels were read */
  asOfUtc: string;
};

export type ListBatchesParams = {
/**
 * Only batches that stand so.
 */
status?: ListBatchesStatus;
/**
 * How many to return at most; more than 1000 is taken as 1000. A page may be shorter
 * @minimum 1
 */
limit?: number;
/**
 * `nextCursor` of the page before, with the filters of that page. The limit may be another
 * @minLength 1
 * @maxLength 4096
 */
cursor?: string;
};

export type ListBatchesStatus = typeof ListBatchesStatus[keyof typeof ListBatchesStatus];


export const ListBatchesStatus = {
  receiving: 'receiving',
  queued: 'queued',
  processing: 'processing',
  completed: 'completed',
  failed: 'failed',
} as const;

export type ListBatches200BatchesItemStatus = typeof ListBatches200BatchesItemStatus[keyof typeof ListBatches200BatchesItemStatus];


export const ListBatches200BatchesItemStatus = {
  receiving: 'receiving',
  queued: 'queued',
  processing: 'processing',
  completed: 'completed',
  failed: 'failed',
} as const;

export type ListBatches200BatchesItem = {
  batchId: string;
  status: ListBatches200BatchesItemStatus;
  accepted: number;
  rejected: number;
  /** @nullable */
  packs: number | null;
  packsPending: number;
  failed: string[];
  /** @nullable */
  createdAtUtc: string | null;
  /** @nullable */
  startedAtUtc: string | null;
  /** @nullable */
  finishedAtUtc: string | null;
};

export type ListBatches200 = {
  batches: ListBatches200BatchesItem[];
  /** The cursor of the next page; absent at the end, and only there */
  nextCursor?: string;
};

export type GetBatch200Status = typeof GetBatch200Status[keyof typeof GetBatch200Status];


export const GetBatch200Status = {
  receiving: 'receiving',
  queued: 'queued',
  processing: 'processing',
  completed: 'completed',
  failed: 'failed',
} as const;

export type GetBatch200 = {
  batchId: string;
  status: GetBatch200Status;
  accepted: number;
  rejected: number;
  /** @nullable */
  packs: number | null;
  packsPending: number;
  failed: string[];
  /** @nullable */
  createdAtUtc: string | null;
  /** @nullable */
  startedAtUtc: string | null;
  /** @nullable */
  finishedAtUtc: string | null;
};

export type GetStatus200PositionOpenGapsFirstItem = {
  /**
     * @minimum -9007199254740991
     * @maximum 9007199254740991
     */
  from: number;
  /**
     * @minimum -9007199254740991
     * @maximum 9007199254740991
     */
  to: number;
};

export type GetStatus200PositionOpenGaps = {
  count: number | null;
  first: GetStatus200PositionOpenGapsFirstItem[];
};

export type GetStatus200PositionLease = {
  /** @nullable */
  holder: string | null;
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  fencingToken: number;
  /** @nullable */
  isAlive: boolean | null;
};

export type GetStatus200Position = {
  lastEventId: number | null;
  completeThroughEventId: number | null;
  headEventId: number | null;
  openGaps: GetStatus200PositionOpenGaps;
  /** @nullable */
  newestScanUtc: string | null;
  /** @nullable */
  caughtUpAtUtc: string | null;
  secondsBehind: number | null;
  lease: GetStatus200PositionLease;
} | null;

export type GetStatus200Queue = {
  url: string;
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  visible: number;
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  inFlight: number;
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  delayed: number;
  oldestSeconds: number | null;
} | null;

export type GetStatus200DeadLetters = {
  url: string;
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  visible: number;
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  inFlight: number;
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  delayed: number;
  oldestSeconds: number | null;
} | null;

export type GetStatus200FailuresByReason = {[key: string]: number};

export type GetStatus200Failures = {
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  count: number;
  isMoreThan: boolean;
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  kinds: number;
  byReason: GetStatus200FailuresByReason;
  /** @nullable */
  firstFailedAtUtc: string | null;
  /** @nullable */
  lastFailedAtUtc: string | null;
} | null;

export type GetStatus200ActivityPerSecond = {
  /** @minimum 0 */
  read: number;
  /** @minimum 0 */
  stored: number;
  /** @minimum 0 */
  rejected: number;
  /** @minimum 0 */
  failed: number;
  /** @minimum 0 */
  told: number;
};

export type GetStatus200ActivityTroublesItemWhat = typeof GetStatus200ActivityTroublesItemWhat[keyof typeof GetStatus200ActivityTroublesItemWhat];


export const GetStatus200ActivityTroublesItemWhat = {
  NO_POLLER: 'NO_POLLER',
  NO_PROCESSOR: 'NO_PROCESSOR',
  NO_NOTIFIER: 'NO_NOTIFIER',
  STORE_AWAY: 'STORE_AWAY',
  NOTIFIER_STORE_AWAY: 'NOTIFIER_STORE_AWAY',
  FEED_FAILS: 'FEED_FAILS',
  WEBHOOK_FAILS: 'WEBHOOK_FAILS',
  REPORT_FAILS: 'REPORT_FAILS',
  ANNOUNCEMENTS_NOT_TAKEN: 'ANNOUNCEMENTS_NOT_TAKEN',
  READING_PAUSED: 'READING_PAUSED',
  STORE_THROTTLES: 'STORE_THROTTLES',
  EVENTS_REJECTED: 'EVENTS_REJECTED',
  PROCESS_SILENT: 'PROCESS_SILENT',
} as const;

export type GetStatus200ActivityTroublesItem = {
  what: GetStatus200ActivityTroublesItemWhat;
  /** @nullable */
  since: string | null;
  sentence: string;
  runbook: string;
};

export type GetStatus200Activity = {
  /** @nullable */
  newestUtc: string | null;
  perSecond: GetStatus200ActivityPerSecond;
  dollarsPerMillion: number | null;
  troubles: GetStatus200ActivityTroublesItem[];
} | null;

export type GetStatus200NotAskedItemPart = typeof GetStatus200NotAskedItemPart[keyof typeof GetStatus200NotAskedItemPart];


export const GetStatus200NotAskedItemPart = {
  position: 'position',
  queue: 'queue',
  deadLetters: 'deadLetters',
  failures: 'failures',
  notifications: 'notifications',
  activity: 'activity',
} as const;

export type GetStatus200NotAskedItem = {
  part: GetStatus200NotAskedItemPart;
  why: string;
};

export type GetStatus200 = {
  asOfUtc: string;
  feed: string;
  sentence: string;
  toDo: string[];
  position: GetStatus200Position;
  queue: GetStatus200Queue;
  deadLetters: GetStatus200DeadLetters;
  failures: GetStatus200Failures;
  unfinishedNotifications: number | null;
  activity: GetStatus200Activity;
  notAsked: GetStatus200NotAskedItem[];
  notes: string[];
};

export type ListFailureGroupsParams = {
/**
 * Only failures with this reason.
 * @pattern ^[A-Z][A-Z0-9_]{0,63}$
 */
reason?: string;
/**
 * Only failures whose detail has this text, as it is or as groups show it.
 * @minLength 1
 * @maxLength 1024
 */
detail?: string;
/**
 * Only failures about this parcel.
 * @minimum 1
 * @maximum 9007199254740991
 */
parcelId?: number;
/**
 * Only what failed last then, or later: a time in UTC.
 * @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$
 */
since?: string;
};

export type ListFailureGroups200GroupsItem = {
  reason: string;
  detail: string;
  /**
     * @maximum 9007199254740991
     * @exclusiveMinimum 0
     */
  count: number;
  firstFailedAtUtc: string;
  lastFailedAtUtc: string;
  sample: string;
};

export type ListFailureGroups200 = {
  groups: ListFailureGroups200GroupsItem[];
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  count: number;
  isMoreThan: boolean;
  reasonsCut: string[];
  notes: string[];
};

export type ListFailuresParams = {
/**
 * Only failures with this reason.
 * @pattern ^[A-Z][A-Z0-9_]{0,63}$
 */
reason?: string;
/**
 * Only failures whose detail has this text, as it is or as groups show it.
 * @minLength 1
 * @maxLength 1024
 */
detail?: string;
/**
 * Only failures about this parcel.
 * @minimum 1
 * @maximum 9007199254740991
 */
parcelId?: number;
/**
 * Only what failed last then, or later: a time in UTC.
 * @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$
 */
since?: string;
/**
 * How many to return at most; more than 1000 is taken as 1000. A page may be shorter
 * @minimum 1
 */
limit?: number;
/**
 * `nextCursor` of the page before, with the filters of that page. The limit may be another
 * @minLength 1
 * @maxLength 4096
 */
cursor?: string;
};

export type ListFailures200FailuresItem = {
  failureId: string;
  reason: string;
  detail: string;
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  attempts: number;
  parcelId: number | null;
  firstFailedAtUtc: string;
  lastFailedAtUtc: string;
  traceId?: string;
};

export type ListFailures200 = {
  failures: ListFailures200FailuresItem[];
  /** The cursor of the next page; absent at the end, and only there */
  nextCursor?: string;
};

export type GetFailure200 = {
  failureId: string;
  reason: string;
  detail: string;
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  attempts: number;
  parcelId: number | null;
  firstFailedAtUtc: string;
  lastFailedAtUtc: string;
  traceId?: string;
  /** @nullable */
  resolvedAtUtc: string | null;
  /** @nullable */
  expiresAtUtc: string | null;
  next: string;
  /** @nullable */
  body?: string | null;
};

export type PlanRedriveBodyFilter = {
  /**
     * Reason of the failure record.
     * @pattern ^[A-Z][A-Z0-9_]{0,63}$
     */
  reason?: string;
  /**
     * A part of its detail, as it is or as failure groups show it.
     * @minLength 1
     * @maxLength 1024
     */
  detail?: string;
  /**
     * A parcel that an event of the message is about.
     * @minimum 1
     * @maximum 9007199254740991
     */
  parcelId?: number;
  /**
     * Type of an event of the message.
     * @minLength 1
     * @maxLength 1024
     */
  type?: string;
  /**
     * Sent more than so many milliseconds ago.
     * @minimum 1
     * @maximum 1209600000
     */
  olderThanMs?: number;
  /**
     * Any of these; none: any failure.
     * @maxItems 100
     * @items.minLength 1
     * @items.maxLength 255
     */
  failureIds?: string[];
};

export type PlanRedriveBody = {
  filter: PlanRedriveBodyFilter;
  /**
     * When the fix went out: what failed since then is not fixed. Without it, what failed in 10 minutes counts.
     * @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$
     */
  deployedAtUtc?: string;
};

export type PlanRedrive200ByReason = {[key: string]: number};

export type PlanRedrive200SamplesItem = {[key: string]: string | number | null};

export type PlanRedrive200Cost = {
  /** @minimum 0 */
  sqsRequests: number;
  /** @minimum 0 */
  readUnits: number;
  /** @minimum 0 */
  writeUnits: number;
  /** @minimum 0 */
  dollars: number;
};

export type PlanRedrive200 = {
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  count: number;
  isMoreThan: boolean;
  byReason: PlanRedrive200ByReason;
  oldestUtc: string | null;
  newestUtc: string | null;
  samples: PlanRedrive200SamplesItem[];
  cost: PlanRedrive200Cost;
  notLookedAt: string[];
  warnings: string[];
};

export type StartRedriveBodyFilter = {
  /**
     * Reason of the failure record.
     * @pattern ^[A-Z][A-Z0-9_]{0,63}$
     */
  reason?: string;
  /**
     * A part of its detail, as it is or as failure groups show it.
     * @minLength 1
     * @maxLength 1024
     */
  detail?: string;
  /**
     * A parcel that an event of the message is about.
     * @minimum 1
     * @maximum 9007199254740991
     */
  parcelId?: number;
  /**
     * Type of an event of the message.
     * @minLength 1
     * @maxLength 1024
     */
  type?: string;
  /**
     * Sent more than so many milliseconds ago.
     * @minimum 1
     * @maximum 1209600000
     */
  olderThanMs?: number;
  /**
     * Any of these; none: any failure.
     * @maxItems 100
     * @items.minLength 1
     * @items.maxLength 255
     */
  failureIds?: string[];
};

export type StartRedriveBodyPlanByReason = {[key: string]: number};

export type StartRedriveBodyPlanSamplesItem = {[key: string]: string | number | null};

export type StartRedriveBodyPlanCost = {
  /** @minimum 0 */
  sqsRequests: number;
  /** @minimum 0 */
  readUnits: number;
  /** @minimum 0 */
  writeUnits: number;
  /** @minimum 0 */
  dollars: number;
};

/**
 * What POST /v1/redrives/plan has answered for this filter. It goes on record.
 */
export type StartRedriveBodyPlan = {
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  count: number;
  isMoreThan: boolean;
  byReason: StartRedriveBodyPlanByReason;
  oldestUtc: string | null;
  newestUtc: string | null;
  samples: StartRedriveBodyPlanSamplesItem[];
  cost: StartRedriveBodyPlanCost;
  notLookedAt: string[];
  warnings: string[];
};

export type StartRedriveBody = {
  filter: StartRedriveBodyFilter;
  /**
     * Why. It goes on record.
     * @maxLength 1024
     * @pattern \S
     */
  because: string;
  /** What POST /v1/redrives/plan has answered for this filter. It goes on record. */
  plan: StartRedriveBodyPlan;
  /** Whether to go on where over 10 % more is met than was planned; else the redrive refuses to. */
  moreThanPlanned?: boolean;
};

export type StartRedrive202Filter = {[key: string]: string | number | boolean | (string | number)[]};

export type StartRedrive202PlanByReason = {[key: string]: number};

export type StartRedrive202PlanSamplesItem = {[key: string]: string | number | null};

export type StartRedrive202PlanCost = {
  /** @minimum 0 */
  sqsRequests: number;
  /** @minimum 0 */
  readUnits: number;
  /** @minimum 0 */
  writeUnits: number;
  /** @minimum 0 */
  dollars: number;
};

export type StartRedrive202Plan = {
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  count: number;
  isMoreThan: boolean;
  byReason: StartRedrive202PlanByReason;
  oldestUtc: string | null;
  newestUtc: string | null;
  samples: StartRedrive202PlanSamplesItem[];
  cost: StartRedrive202PlanCost;
  notLookedAt: string[];
  warnings: string[];
};

export type StartRedrive202Progress = {
  what: string;
  done: number;
  total?: number;
};

export type StartRedrive202Counts = {[key: string]: number};

export type StartRedrive202State = typeof StartRedrive202State[keyof typeof StartRedrive202State];


export const StartRedrive202State = {
  running: 'running',
  cancelling: 'cancelling',
  interrupted: 'interrupted',
  ended: 'ended',
} as const;

export type StartRedrive202 = {
  operationId: string;
  kind: string;
  by: string;
  because: string;
  filter: StartRedrive202Filter;
  plan: StartRedrive202Plan;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  startedAtUtc: string;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  heartbeatAtUtc?: string;
  progress?: StartRedrive202Progress;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  cancelRequestedAtUtc?: string;
  cancelRequestedBy?: string;
  outcome?: string;
  counts?: StartRedrive202Counts;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  finishedAtUtc?: string;
  problems?: string[];
  state: StartRedrive202State;
};

export type GetRedrive200Filter = {[key: string]: string | number | boolean | (string | number)[]};

export type GetRedrive200PlanByReason = {[key: string]: number};

export type GetRedrive200PlanSamplesItem = {[key: string]: string | number | null};

export type GetRedrive200PlanCost = {
  /** @minimum 0 */
  sqsRequests: number;
  /** @minimum 0 */
  readUnits: number;
  /** @minimum 0 */
  writeUnits: number;
  /** @minimum 0 */
  dollars: number;
};

export type GetRedrive200Plan = {
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  count: number;
  isMoreThan: boolean;
  byReason: GetRedrive200PlanByReason;
  oldestUtc: string | null;
  newestUtc: string | null;
  samples: GetRedrive200PlanSamplesItem[];
  cost: GetRedrive200PlanCost;
  notLookedAt: string[];
  warnings: string[];
};

export type GetRedrive200Progress = {
  what: string;
  done: number;
  total?: number;
};

export type GetRedrive200Counts = {[key: string]: number};

export type GetRedrive200State = typeof GetRedrive200State[keyof typeof GetRedrive200State];


export const GetRedrive200State = {
  running: 'running',
  cancelling: 'cancelling',
  interrupted: 'interrupted',
  ended: 'ended',
} as const;

export type GetRedrive200 = {
  operationId: string;
  kind: string;
  by: string;
  because: string;
  filter: GetRedrive200Filter;
  plan: GetRedrive200Plan;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  startedAtUtc: string;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  heartbeatAtUtc?: string;
  progress?: GetRedrive200Progress;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  cancelRequestedAtUtc?: string;
  cancelRequestedBy?: string;
  outcome?: string;
  counts?: GetRedrive200Counts;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  finishedAtUtc?: string;
  problems?: string[];
  state: GetRedrive200State;
};

export type CancelRedrive202Filter = {[key: string]: string | number | boolean | (string | number)[]};

export type CancelRedrive202PlanByReason = {[key: string]: number};

export type CancelRedrive202PlanSamplesItem = {[key: string]: string | number | null};

export type CancelRedrive202PlanCost = {
  /** @minimum 0 */
  sqsRequests: number;
  /** @minimum 0 */
  readUnits: number;
  /** @minimum 0 */
  writeUnits: number;
  /** @minimum 0 */
  dollars: number;
};

export type CancelRedrive202Plan = {
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  count: number;
  isMoreThan: boolean;
  byReason: CancelRedrive202PlanByReason;
  oldestUtc: string | null;
  newestUtc: string | null;
  samples: CancelRedrive202PlanSamplesItem[];
  cost: CancelRedrive202PlanCost;
  notLookedAt: string[];
  warnings: string[];
};

export type CancelRedrive202Progress = {
  what: string;
  done: number;
  total?: number;
};

export type CancelRedrive202Counts = {[key: string]: number};

export type CancelRedrive202State = typeof CancelRedrive202State[keyof typeof CancelRedrive202State];


export const CancelRedrive202State = {
  running: 'running',
  cancelling: 'cancelling',
  interrupted: 'interrupted',
  ended: 'ended',
} as const;

export type CancelRedrive202 = {
  operationId: string;
  kind: string;
  by: string;
  because: string;
  filter: CancelRedrive202Filter;
  plan: CancelRedrive202Plan;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  startedAtUtc: string;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  heartbeatAtUtc?: string;
  progress?: CancelRedrive202Progress;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  cancelRequestedAtUtc?: string;
  cancelRequestedBy?: string;
  outcome?: string;
  counts?: CancelRedrive202Counts;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  finishedAtUtc?: string;
  problems?: string[];
  state: CancelRedrive202State;
};

export type ListOperationsParams = {
/**
 * How many to return at most; more than 1000 is taken as 1000. A page may be shorter
 * @minimum 1
 */
limit?: number;
/**
 * `nextCursor` of the page before, with the filters of that page. The limit may be another
 * @minLength 1
 * @maxLength 4096
 */
cursor?: string;
};

export type ListOperations200OperationsItemFilter = {[key: string]: string | number | boolean | (string | number)[]};

export type ListOperations200OperationsItemPlanByReason = {[key: string]: number};

export type ListOperations200OperationsItemPlanSamplesItem = {[key: string]: string | number | null};

export type ListOperations200OperationsItemPlanCost = {
  /** @minimum 0 */
  sqsRequests: number;
  /** @minimum 0 */
  readUnits: number;
  /** @minimum 0 */
  writeUnits: number;
  /** @minimum 0 */
  dollars: number;
};

export type ListOperations200OperationsItemPlan = {
  /**
     * @minimum 0
     * @maximum 9007199254740991
     */
  count: number;
  isMoreThan: boolean;
  byReason: ListOperations200OperationsItemPlanByReason;
  oldestUtc: string | null;
  newestUtc: string | null;
  samples: ListOperations200OperationsItemPlanSamplesItem[];
  cost: ListOperations200OperationsItemPlanCost;
  notLookedAt: string[];
  warnings: string[];
};

export type ListOperations200OperationsItemProgress = {
  what: string;
  done: number;
  total?: number;
};

export type ListOperations200OperationsItemCounts = {[key: string]: number};

export type ListOperations200OperationsItemState = typeof ListOperations200OperationsItemState[keyof typeof ListOperations200OperationsItemState];


export const ListOperations200OperationsItemState = {
  running: 'running',
  cancelling: 'cancelling',
  interrupted: 'interrupted',
  ended: 'ended',
} as const;

export type ListOperations200OperationsItem = {
  operationId: string;
  kind: string;
  by: string;
  because: string;
  filter: ListOperations200OperationsItemFilter;
  plan: ListOperations200OperationsItemPlan;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  startedAtUtc: string;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  heartbeatAtUtc?: string;
  progress?: ListOperations200OperationsItemProgress;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  cancelRequestedAtUtc?: string;
  cancelRequestedBy?: string;
  outcome?: string;
  counts?: ListOperations200OperationsItemCounts;
  /** @pattern ^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z))$ */
  finishedAtUtc?: string;
  problems?: string[];
  state: ListOperations200OperationsItemState;
};

export type ListOperations200 = {
  operations: ListOperations200OperationsItem[];
  /** The cursor of the next page; absent at the end, and only there */
  nextCursor?: string;
};

export type ListNotificationsParams = {
/**
 * Only notifications in this state; without it all that were not told, so that somebody should look.
 */
state?: ListNotificationsState;
/**
 * How many to return at most; more than 1000 is taken as 1000. A page may be shorter
 * @minimum 1
 */
limit?: number;
/**
 * `nextCursor` of the page before, with the filters of that page. The limit may be another
 * @minLength 1
 * @maxLength 4096
 */
cursor?: string;
};

export type ListNotificationsState = typeof ListNotificationsState[keyof typeof ListNotificationsState];


export const ListNotificationsState = {
  notified: 'notified',
  'requirements-not-met': 'requirements-not-met',
  failed: 'failed',
} as const;

export type ListNotifications200NotificationsItemState = typeof ListNotifications200NotificationsItemState[keyof typeof ListNotifications200NotificationsItemState];


export const ListNotifications200NotificationsItemState = {
  notified: 'notified',
  'requirements-not-met': 'requirements-not-met',
  failed: 'failed',
} as const;

export type ListNotifications200NotificationsItem = {
  notificationId: string;
  state: ListNotifications200NotificationsItemState;
  parcelId: number;
  milestone: string;
  /** @nullable */
  eventId: number | null;
  /** @nullable */
  timeUtc: string | null;
  attempts: number;
  notifiedCount: number;
  unmet: string[];
  /** @nullable */
  lastStatus: number | null;
  /** @nullable */
  lastError: string | null;
  /** @nullable */
  firstAttemptAtUtc: string | null;
  /** @nullable */
  notifiedAtUtc: string | null;
  /** @nullable */
  reportedAtUtc: string | null;
};

export type ListNotifications200 = {
  notifications: ListNotifications200NotificationsItem[];
  /** The cursor of the next page; absent at the end, and only there */
  nextCursor?: string;
};

export type GetNotification200State = typeof GetNotification200State[keyof typeof GetNotification200State];


export const GetNotification200State = {
  notified: 'notified',
  'requirements-not-met': 'requirements-not-met',
  failed: 'failed',
} as const;

export type GetNotification200 = {
  notificationId: string;
  state: GetNotification200State;
  parcelId: number;
  milestone: string;
  /** @nullable */
  eventId: number | null;
  /** @nullable */
  timeUtc: string | null;
  attempts: number;
  notifiedCount: number;
  unmet: string[];
  /** @nullable */
  lastStatus: number | null;
  /** @nullable */
  lastError: string | null;
  /** @nullable */
  firstAttemptAtUtc: string | null;
  /** @nullable */
  notifiedAtUtc: string | null;
  /** @nullable */
  reportedAtUtc: string | null;
};

export type SendNotificationsBody = {
  /**
     * @minItems 1
     * @maxItems 100
     * @items.minimum 1
     * @items.maximum 9007199254740991
     */
  parcelIds: number[];
  /**
     * Requests to the webhook for one notification at most, with backoff, as far as the time of the request allows.
     * @minimum 1
     * @maximum 10
     */
  attempts?: number;
  /** Whether what was told before is told once more, under the same id. */
  again?: boolean;
  /**
     * Why. It goes on record.
     * @maxLength 1024
     * @pattern \S
     */
  because?: string;
};

export type SendNotifications200RequirementsNotMetItem = {
  parcelId: number;
  unmet: string[];
};

export type SendNotifications200FailedItem = {
  parcelId: number;
  reason: string;
  retryable: boolean;
};

export type SendNotifications200 = {
  notified: number[];
  alreadyNotified: number[];
  requirementsNotMet: SendNotifications200RequirementsNotMetItem[];
  failed: SendNotifications200FailedItem[];
  notFound: number[];
};

export type getParcelResponse200 = {
  data: GetParcel200
  status: 200
}

export type getParcelResponse304 = {
  data: void
  status: 304
}

export type getParcelResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type getParcelResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type getParcelResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type getParcelResponse404 = {
  data: NotFoundResponse
  status: 404
}

export type getParcelResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type getParcelResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type getParcelResponse500 = {
  data: InternalResponse
  status: 500
}

export type getParcelResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type getParcelResponseSuccess = (getParcelResponse200) & {
  headers: Headers;
};
export type getParcelResponseError = (getParcelResponse304 | getParcelResponse400 | getParcelResponse401 | getParcelResponse403 | getParcelResponse404 | getParcelResponse413 | getParcelResponse429 | getParcelResponse500 | getParcelResponse503) & {
  headers: Headers;
};

export type getParcelResponse = (getParcelResponseSuccess | getParcelResponseError)

export const getGetParcelUrl = (parcelId: number,) => {




  return `/v1/parcels/${parcelId}`
}

/**
 * @summary One parcel, as it is stored now
 */
export const getParcel = async (parcelId: number, options?: Parameters<typeof request>[1]): Promise<getParcelResponse> => {

  return request<getParcelResponse>(getGetParcelUrl(parcelId),
  {
    ...options,
    method: 'GET'


  }
);}



export type batchGetParcelsResponse200 = {
  data: BatchGetParcels200
  status: 200
}

export type batchGetParcelsResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type batchGetParcelsResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type batchGetParcelsResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type batchGetParcelsResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type batchGetParcelsResponse415 = {
  data: UnsupportedMediaTypeResponse
  status: 415
}

export type batchGetParcelsResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type batchGetParcelsResponse500 = {
  data: InternalResponse
  status: 500
}

export type batchGetParcelsResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type batchGetParcelsResponseSuccess = (batchGetParcelsResponse200) & {
  headers: Headers;
};
export type batchGetParcelsResponseError = (batchGetParcelsResponse400 | batchGetParcelsResponse401 | batchGetParcelsResponse403 | batchGetParcelsResponse413 | batchGetParcelsResponse415 | batchGetParcelsResponse429 | batchGetParcelsResponse500 | batchGetParcelsResponse503) & {
  headers: Headers;
};

export type batchGetParcelsResponse = (batchGetParcelsResponseSuccess | batchGetParcelsResponseError)

export const getBatchGetParcelsUrl = () => {




  return `/v1/parcels/batch-get`
}

/**
 * @summary Up to 100 parcels by their ids
 */
export const batchGetParcels = async (batchGetParcelsBody: BatchGetParcelsBody, options?: Parameters<typeof request>[1]): Promise<batchGetParcelsResponse> => {

    const getHeaders = (h?: NonNullable<RequestInit['headers']>): Record<string, string | readonly string[]> => {
    if (!h) return {};
    if (h instanceof Headers) return Object.fromEntries(h.entries());
    if (Symbol.iterator in h) {
      return Object.fromEntries(
        Array.from(h as Iterable<Iterable<string>>, (entry) => Array.from(entry) as [string, string]),
      );
    }
    const headers: Record<string, string | readonly string[]> = {};
    for (const [name, value] of Object.entries<string | readonly string[] | undefined>(h)) {
      if (value !== undefined) headers[name] = value;
    }
    return headers;
  };
return request<batchGetParcelsResponse>(getBatchGetParcelsUrl(),
  {
    ...options,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...getHeaders(options?.headers) },
    body: JSON.stringify(batchGetParcelsBody)
  }
);}



export type listParcelsResponse200 = {
  data: ListParcels200
  status: 200
}

export type listParcelsResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type listParcelsResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type listParcelsResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type listParcelsResponse404 = {
  data: IndexOffResponse
  status: 404
}

export type listParcelsResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type listParcelsResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type listParcelsResponse500 = {
  data: InternalResponse
  status: 500
}

export type listParcelsResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type listParcelsResponseSuccess = (listParcelsResponse200) & {
  headers: Headers;
};
export type listParcelsResponseError = (listParcelsResponse400 | listParcelsResponse401 | listParcelsResponse403 | listParcelsResponse404 | listParcelsResponse413 | listParcelsResponse429 | listParcelsResponse500 | listParcelsResponse503) & {
  headers: Headers;
};

export type listParcelsResponse = (listParcelsResponseSuccess | listParcelsResponseError)

export const getListParcelsUrl = (params?: ListParcelsParams,) => {
  const normalizedParams = new URLSearchParams();

  Object.entries(params || {}).forEach(([key, value]) => {

    if (value !== undefined) {
      normalizedParams.append(key, value === null ? 'null' : String(value))
    }
  });

  const stringifiedParams = normalizedParams.toString();

  return stringifiedParams.length > 0 ? `/v1/parcels?${stringifiedParams}` : `/v1/parcels`
}

/**
 * @summary All parcels in no order, or the open ones, those first seen longest ago first
 */
export const listParcels = async (params?: ListParcelsParams, options?: Parameters<typeof request>[1]): Promise<listParcelsResponse> => {

  return request<listParcelsResponse>(getListParcelsUrl(params),
  {
    ...options,
    method: 'GET'


  }
);}



export type pushScanEventsResponse202 = {
  data: PushAccepted
  status: 202
}

export type pushScanEventsResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type pushScanEventsResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type pushScanEventsResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type pushScanEventsResponse409 = {
  data: ConflictResponse
  status: 409
}

export type pushScanEventsResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type pushScanEventsResponse415 = {
  data: UnsupportedMediaTypeResponse
  status: 415
}

export type pushScanEventsResponse422 = {
  data: Problem
  status: 422
}

export type pushScanEventsResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type pushScanEventsResponse500 = {
  data: InternalResponse
  status: 500
}

export type pushScanEventsResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type pushScanEventsResponseSuccess = (pushScanEventsResponse202) & {
  headers: Headers;
};
export type pushScanEventsResponseError = (pushScanEventsResponse400 | pushScanEventsResponse401 | pushScanEventsResponse403 | pushScanEventsResponse409 | pushScanEventsResponse413 | pushScanEventsResponse415 | pushScanEventsResponse422 | pushScanEventsResponse429 | pushScanEventsResponse500 | pushScanEventsResponse503) & {
  headers: Headers;
};

export type pushScanEventsResponse = (pushScanEventsResponseSuccess | pushScanEventsResponseError)

export const getPushScanEventsUrl = () => {




  return `/v1/scan-events`
}

/**
 * Answered once each accepted event is confirmed on the queue. With a key, a repetition is right at any time. `Content-Encoding: gzip` is taken.
 * @summary Scan events, pushed in the envelope of the Scan Event API
 */
export const pushScanEvents = async (push: Push, options?: Parameters<typeof request>[1]): Promise<pushScanEventsResponse> => {

    const getHeaders = (h?: NonNullable<RequestInit['headers']>): Record<string, string | readonly string[]> => {
    if (!h) return {};
    if (h instanceof Headers) return Object.fromEntries(h.entries());
    if (Symbol.iterator in h) {
      return Object.fromEntries(
        Array.from(h as Iterable<Iterable<string>>, (entry) => Array.from(entry) as [string, string]),
      );
    }
    const headers: Record<string, string | readonly string[]> = {};
    for (const [name, value] of Object.entries<string | readonly string[] | undefined>(h)) {
      if (value !== undefined) headers[name] = value;
    }
    return headers;
  };
return request<pushScanEventsResponse>(getPushScanEventsUrl(),
  {
    ...options,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...getHeaders(options?.headers) },
    body: JSON.stringify(push)
  }
);}



export type listBatchesResponse200 = {
  data: ListBatches200
  status: 200
}

export type listBatchesResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type listBatchesResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type listBatchesResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type listBatchesResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type listBatchesResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type listBatchesResponse500 = {
  data: InternalResponse
  status: 500
}

export type listBatchesResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type listBatchesResponseSuccess = (listBatchesResponse200) & {
  headers: Headers;
};
export type listBatchesResponseError = (listBatchesResponse400 | listBatchesResponse401 | listBatchesResponse403 | listBatchesResponse413 | listBatchesResponse429 | listBatchesResponse500 | listBatchesResponse503) & {
  headers: Headers;
};

export type listBatchesResponse = (listBatchesResponseSuccess | listBatchesResponseError)

export const getListBatchesUrl = (params?: ListBatchesParams,) => {
  const normalizedParams = new URLSearchParams();

  Object.entries(params || {}).forEach(([key, value]) => {

    if (value !== undefined) {
      normalizedParams.append(key, value === null ? 'null' : String(value))
    }
  });

  const stringifiedParams = normalizedParams.toString();

  return stringifiedParams.length > 0 ? `/v1/batches?${stringifiedParams}` : `/v1/batches`
}

/**
 * @summary What was pushed, the newest first
 */
export const listBatches = async (params?: ListBatchesParams, options?: Parameters<typeof request>[1]): Promise<listBatchesResponse> => {

  return request<listBatchesResponse>(getListBatchesUrl(params),
  {
    ...options,
    method: 'GET'


  }
);}



export type getBatchResponse200 = {
  data: GetBatch200
  status: 200
}

export type getBatchResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type getBatchResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type getBatchResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type getBatchResponse404 = {
  data: NotFoundResponse
  status: 404
}

export type getBatchResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type getBatchResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type getBatchResponse500 = {
  data: InternalResponse
  status: 500
}

export type getBatchResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type getBatchResponseSuccess = (getBatchResponse200) & {
  headers: Headers;
};
export type getBatchResponseError = (getBatchResponse400 | getBatchResponse401 | getBatchResponse403 | getBatchResponse404 | getBatchResponse413 | getBatchResponse429 | getBatchResponse500 | getBatchResponse503) & {
  headers: Headers;
};

export type getBatchResponse = (getBatchResponseSuccess | getBatchResponseError)

export const getGetBatchUrl = (batchId: string,) => {




  return `/v1/batches/${batchId}`
}

/**
 * @summary What became of one push
 */
export const getBatch = async (batchId: string, options?: Parameters<typeof request>[1]): Promise<getBatchResponse> => {

  return request<getBatchResponse>(getGetBatchUrl(batchId),
  {
    ...options,
    method: 'GET'


  }
);}



export type getStatusResponse200 = {
  data: GetStatus200
  status: 200
}

export type getStatusResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type getStatusResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type getStatusResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type getStatusResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type getStatusResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type getStatusResponse500 = {
  data: InternalResponse
  status: 500
}

export type getStatusResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type getStatusResponseSuccess = (getStatusResponse200) & {
  headers: Headers;
};
export type getStatusResponseError = (getStatusResponse400 | getStatusResponse401 | getStatusResponse403 | getStatusResponse413 | getStatusResponse429 | getStatusResponse500 | getStatusResponse503) & {
  headers: Headers;
};

export type getStatusResponse = (getStatusResponseSuccess | getStatusResponseError)

export const getGetStatusUrl = () => {




  return `/v1/status`
}

/**
 * @summary How the pipeline is doing, in a sentence and in numbers
 */
export const getStatus = async ( options?: Parameters<typeof request>[1]): Promise<getStatusResponse> => {

  return request<getStatusResponse>(getGetStatusUrl(),
  {
    ...options,
    method: 'GET'


  }
);}



export type listFailureGroupsResponse200 = {
  data: ListFailureGroups200
  status: 200
}

export type listFailureGroupsResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type listFailureGroupsResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type listFailureGroupsResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type listFailureGroupsResponse404 = {
  data: IndexOffResponse
  status: 404
}

export type listFailureGroupsResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type listFailureGroupsResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type listFailureGroupsResponse500 = {
  data: InternalResponse
  status: 500
}

export type listFailureGroupsResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type listFailureGroupsResponseSuccess = (listFailureGroupsResponse200) & {
  headers: Headers;
};
export type listFailureGroupsResponseError = (listFailureGroupsResponse400 | listFailureGroupsResponse401 | listFailureGroupsResponse403 | listFailureGroupsResponse404 | listFailureGroupsResponse413 | listFailureGroupsResponse429 | listFailureGroupsResponse500 | listFailureGroupsResponse503) & {
  headers: Headers;
};

export type listFailureGroupsResponse = (listFailureGroupsResponseSuccess | listFailureGroupsResponseError)

export const getListFailureGroupsUrl = (params?: ListFailureGroupsParams,) => {
  const normalizedParams = new URLSearchParams();

  Object.entries(params || {}).forEach(([key, value]) => {

    if (value !== undefined) {
      normalizedParams.append(key, value === null ? 'null' : String(value))
    }
  });

  const stringifiedParams = normalizedParams.toString();

  return stringifiedParams.length > 0 ? `/v1/failures/groups?${stringifiedParams}` : `/v1/failures/groups`
}

/**
 * @summary What failed and is not resolved, by cause
 */
export const listFailureGroups = async (params?: ListFailureGroupsParams, options?: Parameters<typeof request>[1]): Promise<listFailureGroupsResponse> => {

  return request<listFailureGroupsResponse>(getListFailureGroupsUrl(params),
  {
    ...options,
    method: 'GET'


  }
);}



export type listFailuresResponse200 = {
  data: ListFailures200
  status: 200
}

export type listFailuresResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type listFailuresResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type listFailuresResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type listFailuresResponse404 = {
  data: IndexOffResponse
  status: 404
}

export type listFailuresResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type listFailuresResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type listFailuresResponse500 = {
  data: InternalResponse
  status: 500
}

export type listFailuresResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type listFailuresResponseSuccess = (listFailuresResponse200) & {
  headers: Headers;
};
export type listFailuresResponseError = (listFailuresResponse400 | listFailuresResponse401 | listFailuresResponse403 | listFailuresResponse404 | listFailuresResponse413 | listFailuresResponse429 | listFailuresResponse500 | listFailuresResponse503) & {
  headers: Headers;
};

export type listFailuresResponse = (listFailuresResponseSuccess | listFailuresResponseError)

export const getListFailuresUrl = (params?: ListFailuresParams,) => {
  const normalizedParams = new URLSearchParams();

  Object.entries(params || {}).forEach(([key, value]) => {

    if (value !== undefined) {
      normalizedParams.append(key, value === null ? 'null' : String(value))
    }
  });

  const stringifiedParams = normalizedParams.toString();

  return stringifiedParams.length > 0 ? `/v1/failures?${stringifiedParams}` : `/v1/failures`
}

/**
 * @summary What failed and is not resolved, the last failed first
 */
export const listFailures = async (params?: ListFailuresParams, options?: Parameters<typeof request>[1]): Promise<listFailuresResponse> => {

  return request<listFailuresResponse>(getListFailuresUrl(params),
  {
    ...options,
    method: 'GET'


  }
);}



export type getFailureResponse200 = {
  data: GetFailure200
  status: 200
}

export type getFailureResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type getFailureResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type getFailureResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type getFailureResponse404 = {
  data: NotFoundResponse
  status: 404
}

export type getFailureResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type getFailureResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type getFailureResponse500 = {
  data: InternalResponse
  status: 500
}

export type getFailureResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type getFailureResponseSuccess = (getFailureResponse200) & {
  headers: Headers;
};
export type getFailureResponseError = (getFailureResponse400 | getFailureResponse401 | getFailureResponse403 | getFailureResponse404 | getFailureResponse413 | getFailureResponse429 | getFailureResponse500 | getFailureResponse503) & {
  headers: Headers;
};

export type getFailureResponse = (getFailureResponseSuccess | getFailureResponseError)

export const getGetFailureUrl = (failureId: string,) => {




  return `/v1/failures/${failureId}`
}

/**
 * `body`, what failed, is there only for a token that has the scope `operate`.
 * @summary One failure, and what to do about it
 */
export const getFailure = async (failureId: string, options?: Parameters<typeof request>[1]): Promise<getFailureResponse> => {

  return request<getFailureResponse>(getGetFailureUrl(failureId),
  {
    ...options,
    method: 'GET'


  }
);}



export type planRedriveResponse200 = {
  data: PlanRedrive200
  status: 200
}

export type planRedriveResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type planRedriveResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type planRedriveResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type planRedriveResponse409 = {
  data: ConflictResponse
  status: 409
}

export type planRedriveResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type planRedriveResponse415 = {
  data: UnsupportedMediaTypeResponse
  status: 415
}

export type planRedriveResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type planRedriveResponse500 = {
  data: InternalResponse
  status: 500
}

export type planRedriveResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type planRedriveResponseSuccess = (planRedriveResponse200) & {
  headers: Headers;
};
export type planRedriveResponseError = (planRedriveResponse400 | planRedriveResponse401 | planRedriveResponse403 | planRedriveResponse409 | planRedriveResponse413 | planRedriveResponse415 | planRedriveResponse429 | planRedriveResponse500 | planRedriveResponse503) & {
  headers: Headers;
};

export type planRedriveResponse = (planRedriveResponseSuccess | planRedriveResponseError)

export const getPlanRedriveUrl = () => {




  return `/v1/redrives/plan`
}

/**
 * Receives dead letters for up to 3 seconds and hands them back; for that time nobody else can. `notLookedAt` says where there are more: then `isMoreThan` is true, and a redrive by this plan has no bound. `waybill dlq redrive --dry-run` looks at up to 10,000.
 * @summary What a redrive would do and cost, without doing it
 */
export const planRedrive = async (planRedriveBody: PlanRedriveBody, options?: Parameters<typeof request>[1]): Promise<planRedriveResponse> => {

    const getHeaders = (h?: NonNullable<RequestInit['headers']>): Record<string, string | readonly string[]> => {
    if (!h) return {};
    if (h instanceof Headers) return Object.fromEntries(h.entries());
    if (Symbol.iterator in h) {
      return Object.fromEntries(
        Array.from(h as Iterable<Iterable<string>>, (entry) => Array.from(entry) as [string, string]),
      );
    }
    const headers: Record<string, string | readonly string[]> = {};
    for (const [name, value] of Object.entries<string | readonly string[] | undefined>(h)) {
      if (value !== undefined) headers[name] = value;
    }
    return headers;
  };
return request<planRedriveResponse>(getPlanRedriveUrl(),
  {
    ...options,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...getHeaders(options?.headers) },
    body: JSON.stringify(planRedriveBody)
  }
);}



export type startRedriveResponse202 = {
  data: StartRedrive202
  status: 202
}

export type startRedriveResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type startRedriveResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type startRedriveResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type startRedriveResponse409 = {
  data: ConflictResponse
  status: 409
}

export type startRedriveResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type startRedriveResponse415 = {
  data: UnsupportedMediaTypeResponse
  status: 415
}

export type startRedriveResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type startRedriveResponse500 = {
  data: InternalResponse
  status: 500
}

export type startRedriveResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type startRedriveResponseSuccess = (startRedriveResponse202) & {
  headers: Headers;
};
export type startRedriveResponseError = (startRedriveResponse400 | startRedriveResponse401 | startRedriveResponse403 | startRedriveResponse409 | startRedriveResponse413 | startRedriveResponse415 | startRedriveResponse429 | startRedriveResponse500 | startRedriveResponse503) & {
  headers: Headers;
};

export type startRedriveResponse = (startRedriveResponseSuccess | startRedriveResponseError)

export const getStartRedriveUrl = () => {




  return `/v1/redrives`
}

/**
 * Begins and answers; follow it where `Location` says. It refuses to go on, with the outcome `refused`, when it meets over 10 % more than planned.
 * @summary Send dead letters to the queue that they came from, as planned
 */
export const startRedrive = async (startRedriveBody: StartRedriveBody, options?: Parameters<typeof request>[1]): Promise<startRedriveResponse> => {

    const getHeaders = (h?: NonNullable<RequestInit['headers']>): Record<string, string | readonly string[]> => {
    if (!h) return {};
    if (h instanceof Headers) return Object.fromEntries(h.entries());
    if (Symbol.iterator in h) {
      return Object.fromEntries(
        Array.from(h as Iterable<Iterable<string>>, (entry) => Array.from(entry) as [string, string]),
      );
    }
    const headers: Record<string, string | readonly string[]> = {};
    for (const [name, value] of Object.entries<string | readonly string[] | undefined>(h)) {
      if (value !== undefined) headers[name] = value;
    }
    return headers;
  };
return request<startRedriveResponse>(getStartRedriveUrl(),
  {
    ...options,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...getHeaders(options?.headers) },
    body: JSON.stringify(startRedriveBody)
  }
);}



export type getRedriveResponse200 = {
  data: GetRedrive200
  status: 200
}

export type getRedriveResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type getRedriveResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type getRedriveResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type getRedriveResponse404 = {
  data: NotFoundResponse
  status: 404
}

export type getRedriveResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type getRedriveResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type getRedriveResponse500 = {
  data: InternalResponse
  status: 500
}

export type getRedriveResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type getRedriveResponseSuccess = (getRedriveResponse200) & {
  headers: Headers;
};
export type getRedriveResponseError = (getRedriveResponse400 | getRedriveResponse401 | getRedriveResponse403 | getRedriveResponse404 | getRedriveResponse413 | getRedriveResponse429 | getRedriveResponse500 | getRedriveResponse503) & {
  headers: Headers;
};

export type getRedriveResponse = (getRedriveResponseSuccess | getRedriveResponseError)

export const getGetRedriveUrl = (operationId: string,) => {




  return `/v1/redrives/${operationId}`
}

/**
 * @summary How far a redrive is, or how it ended
 */
export const getRedrive = async (operationId: string, options?: Parameters<typeof request>[1]): Promise<getRedriveResponse> => {

  return request<getRedriveResponse>(getGetRedriveUrl(operationId),
  {
    ...options,
    method: 'GET'


  }
);}



export type cancelRedriveResponse202 = {
  data: CancelRedrive202
  status: 202
}

export type cancelRedriveResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type cancelRedriveResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type cancelRedriveResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type cancelRedriveResponse404 = {
  data: NotFoundResponse
  status: 404
}

export type cancelRedriveResponse409 = {
  data: ConflictResponse
  status: 409
}

export type cancelRedriveResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type cancelRedriveResponse415 = {
  data: UnsupportedMediaTypeResponse
  status: 415
}

export type cancelRedriveResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type cancelRedriveResponse500 = {
  data: InternalResponse
  status: 500
}

export type cancelRedriveResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type cancelRedriveResponseSuccess = (cancelRedriveResponse202) & {
  headers: Headers;
};
export type cancelRedriveResponseError = (cancelRedriveResponse400 | cancelRedriveResponse401 | cancelRedriveResponse403 | cancelRedriveResponse404 | cancelRedriveResponse409 | cancelRedriveResponse413 | cancelRedriveResponse415 | cancelRedriveResponse429 | cancelRedriveResponse500 | cancelRedriveResponse503) & {
  headers: Headers;
};

export type cancelRedriveResponse = (cancelRedriveResponseSuccess | cancelRedriveResponseError)

export const getCancelRedriveUrl = (operationId: string,) => {




  return `/v1/redrives/${operationId}/cancel`
}

/**
 * Whoever runs it looks every 3 seconds, a command line too. `state` is `cancelling` until then.
 * @summary Ask a redrive to hand back what it holds and end
 */
export const cancelRedrive = async (operationId: string, options?: Parameters<typeof request>[1]): Promise<cancelRedriveResponse> => {

  return request<cancelRedriveResponse>(getCancelRedriveUrl(operationId),
  {
    ...options,
    method: 'POST'


  }
);}



export type listOperationsResponse200 = {
  data: ListOperations200
  status: 200
}

export type listOperationsResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type listOperationsResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type listOperationsResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type listOperationsResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type listOperationsResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type listOperationsResponse500 = {
  data: InternalResponse
  status: 500
}

export type listOperationsResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type listOperationsResponseSuccess = (listOperationsResponse200) & {
  headers: Headers;
};
export type listOperationsResponseError = (listOperationsResponse400 | listOperationsResponse401 | listOperationsResponse403 | listOperationsResponse413 | listOperationsResponse429 | listOperationsResponse500 | listOperationsResponse503) & {
  headers: Headers;
};

export type listOperationsResponse = (listOperationsResponseSuccess | listOperationsResponseError)

export const getListOperationsUrl = (params?: ListOperationsParams,) => {
  const normalizedParams = new URLSearchParams();

  Object.entries(params || {}).forEach(([key, value]) => {

    if (value !== undefined) {
      normalizedParams.append(key, value === null ? 'null' : String(value))
    }
  });

  const stringifiedParams = normalizedParams.toString();

  return stringifiedParams.length > 0 ? `/v1/operations?${stringifiedParams}` : `/v1/operations`
}

/**
 * @summary What operators did, why, and how it ended; the newest first
 */
export const listOperations = async (params?: ListOperationsParams, options?: Parameters<typeof request>[1]): Promise<listOperationsResponse> => {

  return request<listOperationsResponse>(getListOperationsUrl(params),
  {
    ...options,
    method: 'GET'


  }
);}



export type listNotificationsResponse200 = {
  data: ListNotifications200
  status: 200
}

export type listNotificationsResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type listNotificationsResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type listNotificationsResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type listNotificationsResponse404 = {
  data: Problem
  status: 404
}

export type listNotificationsResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type listNotificationsResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type listNotificationsResponse500 = {
  data: InternalResponse
  status: 500
}

export type listNotificationsResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type listNotificationsResponseSuccess = (listNotificationsResponse200) & {
  headers: Headers;
};
export type listNotificationsResponseError = (listNotificationsResponse400 | listNotificationsResponse401 | listNotificationsResponse403 | listNotificationsResponse404 | listNotificationsResponse413 | listNotificationsResponse429 | listNotificationsResponse500 | listNotificationsResponse503) & {
  headers: Headers;
};

export type listNotificationsResponse = (listNotificationsResponseSuccess | listNotificationsResponseError)

export const getListNotificationsUrl = (params?: ListNotificationsParams,) => {
  const normalizedParams = new URLSearchParams();

  Object.entries(params || {}).forEach(([key, value]) => {

    if (value !== undefined) {
      normalizedParams.append(key, value === null ? 'null' : String(value))
    }
  });

  const stringifiedParams = normalizedParams.toString();

  return stringifiedParams.length > 0 ? `/v1/notifications?${stringifiedParams}` : `/v1/notifications`
}

/**
 * @summary Notifications that were not told, the last changed first; or those in a state
 */
export const listNotifications = async (params?: ListNotificationsParams, options?: Parameters<typeof request>[1]): Promise<listNotificationsResponse> => {

  return request<listNotificationsResponse>(getListNotificationsUrl(params),
  {
    ...options,
    method: 'GET'


  }
);}



export type getNotificationResponse200 = {
  data: GetNotification200
  status: 200
}

export type getNotificationResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type getNotificationResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type getNotificationResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type getNotificationResponse404 = {
  data: NotFoundNotificationsOffResponse
  status: 404
}

export type getNotificationResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type getNotificationResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type getNotificationResponse500 = {
  data: InternalResponse
  status: 500
}

export type getNotificationResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type getNotificationResponseSuccess = (getNotificationResponse200) & {
  headers: Headers;
};
export type getNotificationResponseError = (getNotificationResponse400 | getNotificationResponse401 | getNotificationResponse403 | getNotificationResponse404 | getNotificationResponse413 | getNotificationResponse429 | getNotificationResponse500 | getNotificationResponse503) & {
  headers: Headers;
};

export type getNotificationResponse = (getNotificationResponseSuccess | getNotificationResponseError)

export const getGetNotificationUrl = (notificationId: string,) => {




  return `/v1/notifications/${notificationId}`
}

/**
 * @summary Whether a milestone of a parcel was told, when, or why not
 */
export const getNotification = async (notificationId: string, options?: Parameters<typeof request>[1]): Promise<getNotificationResponse> => {

  return request<getNotificationResponse>(getGetNotificationUrl(notificationId),
  {
    ...options,
    method: 'GET'


  }
);}



export type sendNotificationsResponse200 = {
  data: SendNotifications200
  status: 200
}

export type sendNotificationsResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type sendNotificationsResponse401 = {
  data: UnauthenticatedResponse
  status: 401
}

export type sendNotificationsResponse403 = {
  data: ForbiddenResponse
  status: 403
}

export type sendNotificationsResponse404 = {
  data: NotFoundNotificationsOffResponse
  status: 404
}

export type sendNotificationsResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type sendNotificationsResponse415 = {
  data: UnsupportedMediaTypeResponse
  status: 415
}

export type sendNotificationsResponse422 = {
  data: Problem
  status: 422
}

export type sendNotificationsResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type sendNotificationsResponse500 = {
  data: InternalResponse
  status: 500
}

export type sendNotificationsResponse502 = {
  data: Problem
  status: 502
}

export type sendNotificationsResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type sendNotificationsResponseSuccess = (sendNotificationsResponse200) & {
  headers: Headers;
};
export type sendNotificationsResponseError = (sendNotificationsResponse400 | sendNotificationsResponse401 | sendNotificationsResponse403 | sendNotificationsResponse404 | sendNotificationsResponse413 | sendNotificationsResponse415 | sendNotificationsResponse422 | sendNotificationsResponse429 | sendNotificationsResponse500 | sendNotificationsResponse502 | sendNotificationsResponse503) & {
  headers: Headers;
};

export type sendNotificationsResponse = (sendNotificationsResponseSuccess | sendNotificationsResponseError)

export const getSendNotificationsUrl = () => {




  return `/v1/notifications/deliveries`
}

/**
 * Tells the milestones that this deployment notifies (`NOTIFY`), as the notifier does, where the requirements are met and nothing was told before. Answered with 200 when at least one was told or nothing was left to do; every problem has the same lists. A request has 10 seconds: attempts are cut off after 8, what was told until then is recorded, and the rest is in `failed`. A repetition with the ids that failed is safe: what was told is not told again. A parcel with several milestones is in one list, the first that fits: `failed`, `notified`, `requirementsNotMet`, `alreadyNotified`, `notFound`.
 * @summary Notify parcels now, and say what became of each
 */
export const sendNotifications = async (sendNotificationsBody: SendNotificationsBody, options?: Parameters<typeof request>[1]): Promise<sendNotificationsResponse> => {

    const getHeaders = (h?: NonNullable<RequestInit['headers']>): Record<string, string | readonly string[]> => {
    if (!h) return {};
    if (h instanceof Headers) return Object.fromEntries(h.entries());
    if (Symbol.iterator in h) {
      return Object.fromEntries(
        Array.from(h as Iterable<Iterable<string>>, (entry) => Array.from(entry) as [string, string]),
      );
    }
    const headers: Record<string, string | readonly string[]> = {};
    for (const [name, value] of Object.entries<string | readonly string[] | undefined>(h)) {
      if (value !== undefined) headers[name] = value;
    }
    return headers;
  };
return request<sendNotificationsResponse>(getSendNotificationsUrl(),
  {
    ...options,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...getHeaders(options?.headers) },
    body: JSON.stringify(sendNotificationsBody)
  }
);}



export type getOpenApiDocumentResponse200 = {
  data: OpenApiDocument
  status: 200
}

export type getOpenApiDocumentResponse400 = {
  data: InvalidRequestResponse
  status: 400
}

export type getOpenApiDocumentResponse413 = {
  data: TooLargeResponse
  status: 413
}

export type getOpenApiDocumentResponse429 = {
  data: TooManyRequestsResponse
  status: 429
}

export type getOpenApiDocumentResponse500 = {
  data: InternalResponse
  status: 500
}

export type getOpenApiDocumentResponse503 = {
  data: UnavailableResponse
  status: 503
}

export type getOpenApiDocumentResponseSuccess = (getOpenApiDocumentResponse200) & {
  headers: Headers;
};
export type getOpenApiDocumentResponseError = (getOpenApiDocumentResponse400 | getOpenApiDocumentResponse413 | getOpenApiDocumentResponse429 | getOpenApiDocumentResponse500 | getOpenApiDocumentResponse503) & {
  headers: Headers;
};

export type getOpenApiDocumentResponse = (getOpenApiDocumentResponseSuccess | getOpenApiDocumentResponseError)

export const getGetOpenApiDocumentUrl = () => {




  return `/openapi.json`
}

/**
 * @summary This document
 */
export const getOpenApiDocument = async ( options?: Parameters<typeof request>[1]): Promise<getOpenApiDocumentResponse> => {

  return request<getOpenApiDocumentResponse>(getGetOpenApiDocumentUrl(),
  {
    ...options,
    method: 'GET'


  }
);}
