/** What an operator chose by the options that several commands have. */
export type Choices = {
  readonly json: boolean;
  readonly environment: string | undefined;
  readonly stack: string | undefined;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly because: string | undefined;
  readonly moreThanPlanned: boolean;
};
