import type { Description } from './describe.ts';

/** Indented text, one field a line. */
export function formatDescription(description: Description): string {
  return description.summary;
}
