import type { Brand } from './brand.ts';
import { formatDecimal, type MicroYuan, type NanoYuan } from './money.ts';

/** Active energy in whole watt-hours, after CT. */
export type Wh = Brand<bigint, 'Wh'>;
/** Water in whole litres. */
export type Litres = Brand<bigint, 'Litres'>;
/** What a meter counts. The unit follows from the meter's kind: Wh for electricity, litres for water. */
export type Quantity = Wh | Litres;

export type MeterKind = 'electricity' | 'water';

export const quantity = (value: bigint | number): Quantity => BigInt(value) as Quantity;

/** Exact: Wh × 10⁻⁶ yuan per 1,000 Wh = 10⁻⁹ yuan; the same for litres and cubic metres. */
export const priceExactly = (use: Quantity, price: MicroYuan): NanoYuan => (use * price) as unknown as NanoYuan;

/** kWh or m³ with three decimals. */
export const formatQuantity = (value: Quantity): string => formatDecimal(value, 3);
