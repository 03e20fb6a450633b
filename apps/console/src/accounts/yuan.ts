import { instantOf } from '@openprepay/kernel';
import { readAmount } from '../stall/top-up.ts';

/** Yuan as typed: whole fen, null for nothing, and undefined for what is no amount. */
export function readYuan(typed: string): number | null | undefined {
  if (typed.trim() === '') return null;
  const amount = readAmount(typed);
  if (amount.problem === null) return amount.amountFen;
  return amount.problem === 'not_positive' && /^[\s¥]*0+([.。]0{0,2})?\s*$/.test(typed.normalize('NFKC'))
    ? 0
    : undefined;
}

/** Fen as a field shows them, without grouping: `1200`, `0.5`. */
export function yuanText(amountFen: number | null): string {
  if (amountFen === null) return '';
  const [whole, fraction] = [Math.trunc(amountFen / 100), String(amountFen % 100).padStart(2, '0')];
  return fraction === '00' ? String(whole) : `${whole}.${fraction}`;
}

/** The end of a day, `2026-03-31`, in the market's zone; null for no day. */
export function endOfDay(day: string, zone: string): string | null {
  const next = /^\d{4}-\d{2}-\d{2}$/.test(day) ? new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000) : null;
  if (next === null || Number.isNaN(next.getTime())) return null;
  const parts = { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
  return instantOf({ ...parts, hour: 0, minute: 0, second: 0 }, zone).toISOString();
}
