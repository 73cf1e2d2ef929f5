import type { SynthesizedStack } from './synthesize.ts';

/**
 * A value of a template in short form: a reference, also to another stack, is `<LogicalId>` or `<LogicalId.Attribute>`,
 * without the hash of the logical id.
 */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [key, argument] = entries.length === 1 ? (entries[0] ?? []) : [];
  if (key === 'Ref') return `<${withoutHash(String(argument))}>`;
  if (key === 'Fn::GetAtt') return `<${[argument].flat().map(String).map(withoutHash).join('.')}>`;
  if (key === 'Fn::ImportValue') return `<${exported(String(argument))}>`;
  if (key === 'Fn::Sub') return String(argument).replace(/\$\{([\w:.]+)\}/g, '<$1>');
  if (key === 'Fn::Join' && Array.isArray(argument)) return argument[1].map(shortened).join(argument[0]);
  return Object.fromEntries(entries.map(([name, each]) => [name, shortened(each)]));
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

/** `waybill-dev-data:ExportsOutputFnGetAttScanQueue52E952E3Arn10A61E45` is `ScanQueue.Arn`, a `Ref` is `ScanQueue`. */
function exported(name: string): string {
  const [, id = name, attribute] =
    /:ExportsOutput(?:FnGetAtt|Ref)(\w+?)[0-9A-F]{8}(?:([A-Z]\w*?)?[0-9A-F]{8})?$/.exec(name) ?? [];
  return attribute ? `${id}.${attribute}` : id;
}

/** The properties of a stack's resources of one type, by logical id without its hash. */
export function resourcesOf(
  stack: SynthesizedStack,
  type: string,
): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  return new Map(
    Object.entries(stack.resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => [
        withoutHash(id),
        Object.fromEntries(Object.entries(resource.Properties).map(([name, value]) => [name, shortened(value)])),
      ]),
  );
}

/** The properties of the only resource of a type. Throws when there is not exactly one. */
export function onlyOf(stack: SynthesizedStack, type: string): Readonly<Record<string, unknown>> {
  const [only, ...others] = resourcesOf(stack, type).values();
  if (!only || others.length > 0)
    throw new Error(`expected one resource of type ${type}, found ${others.length + (only ? 1 : 0)}`);
  return only;
}
