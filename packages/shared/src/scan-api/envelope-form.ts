import { counted } from '../counted.ts';

/** Names that carriers give to the elements of a page. Only these are shown: any other text of an answer may be a person's. */
const knownNames: ReadonlySet<string> = new Set(
  'scanevents,scan_events,events,scans,data,items,results,records,content,value,values,list,rows,entries,payload,response,body,page'.split(
    ',',
  ),
);

/** In a few words what was received where an object with an array `ScanEvents` was expected: kinds, sizes and known names. */
export function envelopeForm(received: unknown): string {
  if (Array.isArray(received)) return `it is an array of ${counted(received.length, 'element')}`;
  if (received === null || typeof received !== 'object')
    return `it is ${received === null ? 'null' : `a ${typeof received}`}`;
  const fields: readonly (readonly [string, unknown])[] = Object.entries(received);
  const own = fields.find(([name]) => name === 'ScanEvents');
  if (own) return `its "ScanEvents" is ${own[1] === null ? 'null' : `a ${typeof own[1]}`}`;
  const [name, array] = fields.find(([, value]) => Array.isArray(value)) ?? [];
  if (Array.isArray(array)) {
    const elements = `an array of ${counted(array.length, 'element')}`;
    return isKnown(name) ? `${elements} is its "${name}"` : `${elements} is under another name`;
  }
  const [wrapper] = fields.find(([each, value]) => isKnown(each) && typeof value === 'object') ?? [];
  return `it is an object without an array${wrapper === undefined ? '' : `, and an object is its "${wrapper}"`}`;
}

function isKnown(name: string | undefined): boolean {
  return name !== undefined && knownNames.has(name.toLowerCase());
}
