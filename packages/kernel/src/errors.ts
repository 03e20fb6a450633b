/**
 * Every error a caller may meet has a stable code; nobody matches on message text.
 * A package declares its closed list of codes once, each with the HTTP status it would have on the wire.
 */
export class OpenPrepayError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, status: number, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'OpenPrepayError';
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** Declares a package's closed list of errors: code → HTTP status. The result makes errors of that list only. */
export function defineErrors<const List extends Readonly<Record<string, number>>>(list: List) {
  return (
    code: keyof List & string,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
  ): OpenPrepayError<keyof List & string> => new OpenPrepayError(code, list[code] ?? 500, message, details);
}

export const kernelError = defineErrors({
  'kernel.bad_amount': 400,
  'kernel.bad_hex': 400,
  'kernel.bad_time': 400,
  'kernel.assertion_failed': 500,
});

/** Stays on in production: a broken assumption stops the one piece of work that met it, before it is stored. */
export function assert(condition: unknown, message: string, details?: Record<string, unknown>): asserts condition {
  if (!condition) throw kernelError('kernel.assertion_failed', message, details);
}
