import type { SynthesizedStack } from './synthesize.ts';

/**
 * A value of a template in few words: `<LogicalId>` and `<LogicalId.Attribute>` for what it refers to, also in another
 * stack, without the hashes of logical ids.
 */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [key, argument] = entries.length === 1 ? (entries[0] ?? []) : [];
  if (key === 'Ref') return `<${withoutHash(String(argument))}>`;
  if (key === 'Fn::GetAtt') return `<${[argument].flat().map(String).map(withoutHash).join('.')}>`;
  if (key === 'Fn::ImportValue') return `<${exported(String(argument))}>`;
  if (key === 'Fn::Sub') return String(argument).replace(/\$\{([\w:.]+)\}/g, '<$1>');
  if (key === 'Fn::Join' && Array.isArray(argument)) return argument[1].map(plain).join(argument[0]);
  return Object.fromEntries(entries.map(([name, each]) => [name, plain(each)]));
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

/** `waybill-dev-data:ExportsOutputFnGetAttScanQueue52E952E3Arn10A61E45` as `ScanQueue.Arn`, a `Ref` as `ScanQueue`. */
function exported(name: string): string {
  const [, id = name, attribute] =
    /:ExportsOutput(?:FnGetAtt|Ref)(\w+?)[0-9A-F]{8}(?:([A-Z]\w*?)?[0-9A-F]{8})?$/.exec(name) ?? [];
  return attribute ? `${id}.${attribute}` : id;
}

/** The properties of a stack's resources of a type, by logical id without hash. */
export function resourcesOf(
  stack: SynthesizedStack,
  type: string,
): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  return new Map(
    Object.entries(stack.resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => [
        withoutHash(id),
        Object.fromEntries(Object.entries(resource.Properties).map(([name, value]) => [name, plain(value)])),
      ]),
  );
}

/** The properties of the only resource of a type. */
export function onlyOf(stack: SynthesizedStack, type: string): Readonly<Record<string, unknown>> {
  const [only, ...others] = resourcesOf(stack, type).values();
  if (!only || others.length > 0) throw new Error(`${others.length + (only ? 1 : 0)} of ${type}, expected one`);
  return only;
}
