/** A field's name in words: `receiveCount` is `receive count`, and `sentAtUtc` is `sent`. */
export function inWords(name: string): string {
  return name.replace(/(At|DateTime)?Utc$/, '').replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** `redriven 1,204`; an id as it is typed. */
export function countInWords(name: string, count: number): string {
  return `${inWords(name)} ${name.endsWith('Id') ? count : count.toLocaleString('en-US')}`;
}
