/**
 * What to look for in what a label says: labels carry a bare number, a number among other fields, or an address with the
 * number in it. The longest run of letters and digits with at least six digits is the serial.
 */
export function serialOf(label: string): string {
  const words = label.match(/[\dA-Za-z]{6,64}/g) ?? [];
  const numbers = words.filter((word) => (word.match(/\d/g)?.length ?? 0) >= 6);
  return numbers.sort((a, b) => b.length - a.length)[0] ?? label.trim().slice(0, 64);
}
