import { bcdLowFirst } from '../bcd.ts';
import type { Face } from './face.ts';
import { addressBytes, dateBytes, energiesOf, energyBytes, timeBytes } from './values.ts';

/** The data of an id of the 1997 edition; null where this meter has none. XXX V, XX.XX A, XX.XXXX kW. */
export function dataOf1997(face: Face, dataId: string): Uint8Array | null {
  const bytes = energy(face, dataId) ?? variable(face, dataId) ?? named(face, dataId);
  return bytes && Uint8Array.from(bytes);
}

/** 901t import and 902t export: the total and the tariffs, F for all of them. */
function energy({ ticks }: Face, dataId: string): number[] | null {
  const [, direction, tariff] = /^90([12])([0-4F])$/.exec(dataId) ?? [];
  if (tariff === undefined) return null;
  const values = direction === '2' ? energiesOf(ticks).fill(0) : energiesOf(ticks);
  return tariff === 'F' ? values.flatMap(energyBytes) : energyBytes(values[Number(tariff)] ?? 0);
}

function variable({ phases, electrical }: Face, dataId: string): number[] | null {
  const [, quantity, which] = /^B6([123])([0-3F])$/.exec(dataId) ?? [];
  const present = electrical.slice(0, phases);
  const spelled = present.map(({ voltageDeciV, currentCentiA, powerW }) => {
    if (quantity === '1') return bcdLowFirst(Math.floor(voltageDeciV / 10), 2);
    return quantity === '2' ? bcdLowFirst(currentCentiA, 2) : bcdLowFirst(10 * powerW, 3);
  });
  const total = present.reduce((sum, { powerW }) => sum + powerW, 0);
  if (which === undefined) return null;
  if (which === '0') return quantity === '3' ? bcdLowFirst(10 * total, 3) : null;
  if (which !== 'F') return spelled[Number(which) - 1] ?? null;
  return quantity === '3' ? [...bcdLowFirst(10 * total, 3), ...spelled.flat()] : spelled.flat();
}

function named({ clock, address, relay }: Face, dataId: string): number[] | null {
  switch (dataId) {
    case 'C010':
      return dateBytes(clock);
    case 'C011':
      return timeBytes(clock);
    case 'C020':
      return [relay?.open ? 1 : 0];
    case 'C032':
    case 'C034':
      return addressBytes(address);
    default:
      return null;
  }
}
