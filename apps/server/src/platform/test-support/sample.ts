/** The part of JSON Schema that the contract uses. */
interface Schema {
  readonly '~kind'?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly format?: string;
  readonly minLength?: number;
  readonly minimum?: number;
}

export const SAMPLE_ID = '01990000-0000-7000-8000-000000000000';

/** A value that fits a schema: the contract itself says what a right call and a right answer look like. */
export function sample(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf?.[0]) return sample(schema.anyOf[0]);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, part]) => [key, sample(part)]));
    case 'array':
      return schema.items ? Array(schema.minItems ?? 1).fill(sample(schema.items)) : [];
    case 'string':
      if (schema.format === 'uuid') return SAMPLE_ID;
      if (schema.format === 'date') return '2026-03-02';
      if (schema.format === 'date-time') return '2026-03-02T02:00:00.000Z';
      if (schema.format === 'ipv4') return '203.0.113.7';
      if (schema.pattern !== undefined) return written(schema.pattern);
      return 'x'.repeat(schema.minLength ?? 1);
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return true;
    default:
      return null;
  }
}

/** How amounts, times, months, e-mails and places in a list are written; one of them fits every pattern of the contract. */
const WRITTEN = ['1', '08:00', '0.00', '0.000000', '2026-03', 'x', 'a@b', `${SAMPLE_ID}.1`];

function written(pattern: string): string {
  const fitting = WRITTEN.find((text) => new RegExp(pattern, 'u').test(text));
  if (fitting === undefined) throw new Error(`no sample fits ${pattern}`);
  return fitting;
}
