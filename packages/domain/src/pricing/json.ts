export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value as an error message quotes it. */
export const shown = (value: unknown): string => String(JSON.stringify(value)).slice(0, 40);
