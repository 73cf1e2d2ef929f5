import type { Item } from './release.ts';

/** A number attribute; undefined where the item has no such. */
export function numberIn(item: Item, name: string): number | undefined {
  const value = item[name];
  return value && 'N' in value ? Number(value.N) : undefined;
}

/** A string attribute; undefined where the item has no such. */
export function textIn(item: Item, name: string): string | undefined {
  const value = item[name];
  return value && 'S' in value ? value.S : undefined;
}

/** A set of strings; empty where the item has no such. */
export function textsIn(item: Item, name: string): readonly string[] {
  const value = item[name];
  return value && 'SS' in value ? value.SS : [];
}
