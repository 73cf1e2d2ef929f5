/** Variables of a shell; one that is empty or undefined is to be removed from it. */
export type ShellVariables = Readonly<Record<string, string | undefined>>;

/**
 * Lines that set these variables, to be pasted into bash or zsh, or evaluated there. An empty value becomes an `unset`: to the
 * AWS CLI `AWS_PROFILE=` is a profile with an empty name, which it does not find. fish takes the lines but for `unset`, which
 * is `set -e` there.
 */
export function shellLines(variables: ShellVariables): string[] {
  const given = Object.entries(variables);
  const unset = given.flatMap(([name, value]) => (value ? [] : [name]));
  return [
    ...given.flatMap(([name, value]) => (value ? [`export ${name}=${shellQuoted(value)}`] : [])),
    ...(unset.length > 0 ? [`unset ${unset.join(' ')}`] : []),
  ];
}

/** One word of a shell: as it is where that is safe, else in single quotes. */
function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The region under both its names: the AWS CLI 1 and boto3 read `AWS_DEFAULT_REGION` only, the SDK of the processes
 * `AWS_REGION` only.
 */
export function regionVariables(region: string): ShellVariables {
  return { AWS_REGION: region, AWS_DEFAULT_REGION: region };
}

/**
 * What else a shell may have that leads the AWS CLI or an SDK away from given keys and endpoints: a profile outranks keys, an
 * expiry that has passed makes them invalid.
 */
export const strayVariables: ShellVariables = {
  AWS_PROFILE: undefined,
  AWS_DEFAULT_PROFILE: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_SECURITY_TOKEN: undefined,
  AWS_CREDENTIAL_EXPIRATION: undefined,
};
