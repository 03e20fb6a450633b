import { formatDecimal, formatQuantity, type MeterKind, quantity } from '@openprepay/kernel';

export const UNIT: Readonly<Record<MeterKind, string>> = { electricity: 'kWh', water: 'm³' };

/** What a register shows: `1234.560 kWh`. Takes whole Wh or litres. */
export const formatRegister = (base: number, kind: MeterKind): string =>
  `${formatQuantity(quantity(base))} ${UNIT[kind]}`;

/** Use at a glance, with as many decimals as help: one for kWh, two for m³. Rounded half up, for display only. */
export function formatUse(base: number, kind: MeterKind): string {
  const decimals = kind === 'electricity' ? 1 : 2;
  const step = 10n ** BigInt(3 - decimals);
  return `${formatDecimal((BigInt(base) + step / 2n) / step, decimals)} ${UNIT[kind]}`;
}
