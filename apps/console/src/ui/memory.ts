const PREFIX = 'openprepay.';

/** What this browser was told before, or null; a browser may refuse to remember. */
export function recallAny(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** As recallAny, if it is still one of the choices. */
export function recall<const T extends string>(name: string, choices: readonly T[]): T | null {
  const stored = recallAny(name);
  return choices.find((choice) => choice === stored) ?? null;
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Private windows and full stores: the choice then lasts as long as the page.
  }
}
