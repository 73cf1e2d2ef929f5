/** The calls of a pipeline without the pipeline. */
export type LimitPlan = {
  readonly sqsEndpoint: string;
  readonly dynamodbEndpoint: string;
  readonly region: string;
  readonly queueUrl: string;
  readonly table: string;
  readonly sends: number;
  readonly messagesPerSend: number;
  readonly bodyBytes: number;
  readonly updates: number;
  readonly parcels: number;
};

export type LimitReport = { readonly seconds: number };
