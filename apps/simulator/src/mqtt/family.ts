import type { ZonedParts } from '@openprepay/kernel';
import { busPlaceOf } from '../bus-place.ts';
import type { BusLines } from '../gateways/bus-lines.ts';
import type { AnyMeter } from '../make-meter.ts';
import type { World } from '../world.ts';

/** What a device has at hand, whichever family it is of. */
export interface MqttDevice {
  readonly linkKey: string;
  readonly meters: readonly AnyMeter[];
  readonly world: World;
  readonly lines: BusLines;
  publish(topic: string, payload: Uint8Array): void;
}

/** How one family of devices speaks over MQTT. */
export interface Family {
  readonly filters: readonly string[];
  readonly loggedIn: boolean;
  /** Subscribed: the device logs in. */
  begin(): void;
  take(topic: string, payload: Uint8Array): void;
  /** Reads all meters and sends what they say, now or once it can. */
  report(): void;
  end(): void;
}

/** Readings that a device keeps while nobody acknowledges them: a day of half-hours for each meter; then the oldest goes. */
export const READINGS_KEPT = 48;

export const json = (body: object): Uint8Array => new TextEncoder().encode(JSON.stringify(body));

/** The object in a message; null for anything else. */
export function objectIn(payload: Uint8Array): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload));
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

/** `YYYYMMDDhhmmss`. */
export function compactTime({ year, month, day, hour, minute, second }: ZonedParts): string {
  return `${year}${[month, day, hour, minute, second].map((value) => String(value).padStart(2, '0')).join('')}`;
}

/** Hundredths as a plain decimal: a number in JSON would do the same to every value a meter can show. */
export const decimalOf = (ticks: number): string =>
  `${Math.floor(ticks / 100)}.${String(ticks % 100).padStart(2, '0')}`;

/** How the device calls a meter: by the name before the slash of its bus address, or by itself where it is the only one. */
export const nameOf = ({ site }: AnyMeter): string => {
  const { port, address } = busPlaceOf(site);
  return address === site.busAddress ? site.linkKey : port;
};
