import type { MeterModelInfo } from '@openprepay/contract';
import type { MeterKind } from '@openprepay/kernel';
import { isProtocolError, type MeterModel, meterModels } from '@openprepay/protocols';
import { driverOf } from '@openprepay/protocols/driver';
import { devicesError } from './errors.ts';
import type { Link } from './types.ts';

/** A wired meter of this protocol can hang on any of these; an NB platform carries what its product's codec reads. */
const LINKS_OF: Readonly<Record<MeterModel['driver'], readonly Link[]>> = {
  modbus: ['acrel4g', 'acrelgw', 'dtu', 'mqtt', 'modbus_tcp'],
  dlt645: ['dtu', 'acrelgw', 'mqtt', 'modbus_tcp'],
  cjt188: ['nb', 'dtu', 'acrelgw', 'mqtt', 'modbus_tcp'],
};

const ACCESS_OF: Readonly<Record<MeterModel['driver'], readonly string[]>> = {
  modbus: [],
  dlt645: ['password', 'operator'],
  cjt188: [],
};

/**
 * Says of any meter that somebody tried on it what is not proved of its make, or compared with its display the values that
 * its gateway or MQTT device names.
 */
const UNVERIFIED = 'unverified';

/** Where the address on the bus is the meter's own, and not a name that a gateway or a platform has for it. */
const OWN_ADDRESS_LINKS: readonly Link[] = ['acrel4g', 'dtu', 'modbus_tcp'];

const accessKeysOf = (model: MeterModel): readonly string[] => [...ACCESS_OF[model.driver], UNVERIFIED];

/** Every model the program knows, as a form needs it. */
export const catalogue: readonly MeterModelInfo[] = Object.values(meterModels)
  .map((model) => ({
    model: model.model,
    kind: model.kind,
    driver: model.driver,
    switch: model.switch,
    phases: model.phases,
    freezes: model.freezes,
    settings: [...model.settings],
    unverified: [...model.unverified],
    tariffs: model.tariffs,
    accessKeys: [...accessKeysOf(model)],
    links: [...LINKS_OF[model.driver]],
    maxPerHour: Number(model.maxPerHour),
    modulus: Number(model.modulus),
  }))
  .toSorted((a, b) => (a.model < b.model ? -1 : 1));

/** What a meter is and how it is reached, as somebody says. */
export interface Description {
  readonly kind: MeterKind;
  readonly model: string;
  readonly ctRatio: number;
  readonly link: Link;
  readonly linkKey: string;
  readonly busAddress: string;
  readonly access?: Readonly<Record<string, string>>;
}

/** What of a description is wrong, so that a form or a sheet can point at it. */
export type DescriptionField = 'model' | 'kind' | 'ctRatio' | 'busAddress' | 'linkKey' | 'access';

export interface Impossible {
  readonly field: DescriptionField;
  readonly code: Parameters<typeof devicesError>[0];
  readonly message: string;
}

/**
 * Whether a meter can be as described, by itself: the model is known and of that kind, its address can be one.
 * The error's details name the field that is wrong.
 * @throws devices.unknown_model, devices.wrong_kind, devices.no_ct_for_water, devices.bad_address, devices.bad_access
 */
export function mustBePossible(given: Description): void {
  const [first] = whatIsImpossible(given);
  if (first) throw devicesError(first.code, first.message, { field: first.field });
}

/** Everything about a description that cannot be, in the order of a form. */
export function whatIsImpossible(given: Description): Impossible[] {
  const model = Object.hasOwn(meterModels, given.model) ? meterModels[given.model] : undefined;
  if (!model) {
    return [{ field: 'model', code: 'devices.unknown_model', message: `no meter model is called ${given.model}` }];
  }
  const wrong: Impossible[] = [];
  if (model.kind !== given.kind) {
    const message = `${model.model} is no ${given.kind} meter`;
    wrong.push({ field: 'kind', code: 'devices.wrong_kind', message });
  }
  if (model.kind === 'water' && given.ctRatio !== 1) {
    const message = 'a water meter has no current transformer: its ratio is 1';
    wrong.push({ field: 'ctRatio', code: 'devices.no_ct_for_water', message });
  }
  const address = addressError(model, given);
  if (address) wrong.push({ ...address, code: 'devices.bad_address' });
  const known = accessKeysOf(model);
  const unknown = Object.keys(given.access ?? {}).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const message = `${model.model} takes ${known.join(', ')}, not ${unknown}`;
    wrong.push({ field: 'access', code: 'devices.bad_access', message });
  }
  return wrong;
}

function addressError(
  model: MeterModel,
  { link, linkKey, busAddress }: Description,
): { field: 'busAddress' | 'linkKey'; message: string } | null {
  if (/[\s\p{C}]/u.test(linkKey)) return { field: 'linkKey', message: 'a key has no blanks in it' };
  if (link === 'nb' && !/^[^/]+\/[^/]+$/.test(linkKey)) {
    return { field: 'linkKey', message: 'on a platform a meter is "<product>/<device>"' };
  }
  if (/[\s\p{C}]/u.test(busAddress)) return { field: 'busAddress', message: 'an address has no blanks in it' };
  if (!OWN_ADDRESS_LINKS.includes(link)) return null;
  const [, port = '1', address = ''] = /^(?:(\d{1,2})\/)?(.*)$/.exec(busAddress) ?? [];
  if (Number(port) < 1) return { field: 'busAddress', message: 'ports count from 1' };
  try {
    driverOf(model).parseAddress(address);
    return null;
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    return { field: 'busAddress', message: error.message };
  }
}
