import { type Fen, fen, formatYuan } from '@openprepay/kernel';

const MINUS = '−';

const grouped = (decimal: string): string => decimal.replace(/\B(?=(\d{3})+(?!\d)(?<!\.\d*))/g, ',');

/** `¥1,234.50`, `−¥3.20`. Takes whole fen, as the contract carries them. */
export function formatAmount(amountFen: number): string {
  const sign = amountFen < 0 ? MINUS : '';
  return `${sign}¥${grouped(formatYuan(fen(Math.abs(amountFen))))}`;
}

/** As formatAmount, with a plus on what comes in. */
export const formatSignedAmount = (amountFen: number): string =>
  amountFen > 0 ? `+${formatAmount(amountFen)}` : formatAmount(amountFen);

/** `1,234.50`, for places that say the unit themselves. */
export const formatPlainYuan = (amount: Fen): string => grouped(formatYuan(amount));
