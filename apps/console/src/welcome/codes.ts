/** Stall codes as people type them: one a line, or with commas between; each once. */
export const codesOf = (typed: string): string[] => [
  ...new Set(
    typed
      .split(/[\n,，、;；]/)
      .map((code) => code.trim())
      .filter((code) => code !== '' && code.length <= 80),
  ),
];
