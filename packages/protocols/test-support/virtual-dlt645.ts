import { toHex } from '@openprepay/kernel';
import type { MeterModel } from '@openprepay/protocols';
import {
  clockOfDigits,
  type DataValue,
  type Dlt645Reply,
  type Dlt645Request,
  decodeFrame,
  decodeRequest,
  digitsOfClock,
  encodeData,
  encodeFrame,
  encodeRunStatus,
  frameOfReply,
  matchesAddress,
  repliesOf,
} from '@openprepay/protocols/dlt645';
import type { FrozenReading } from '@openprepay/protocols/driver';
import { NOON, noFaults, type VirtualMeter } from './virtual-meter.ts';

const NO_SUCH_DATA = Uint8Array.of(0b10);
const NOT_AUTHORISED = Uint8Array.of(0b100);
const WH_PER_COUNT = 10n;
const ABSURD_DATE = '26133001';

type Model = Extract<MeterModel, { driver: 'dlt645' }>;
type Read = Extract<Dlt645Request, { kind: 'read' }>;
type Control = Extract<Dlt645Request, { kind: 'control' }>;

/** Takes the password 000000 of level 02, and has what the ids of its model's profile ask for. */
export const virtualDlt645 = (model: Model, address: string): VirtualMeter => new VirtualDlt645(model, address);

class VirtualDlt645 implements VirtualMeter {
  readonly point: VirtualMeter['point'];
  total = 1_234_560n;
  clock = NOON;
  switchState: 'on' | 'off' = 'on';
  frozen: readonly FrozenReading[] = [];
  readonly faults = noFaults();
  readonly #model: Model;
  /** What was written, by data id, in hexadecimal. */
  readonly #written = new Map<string, Uint8Array>();
  #keepPower = false;
  #parts: readonly Dlt645Reply[] = [];
  #part = 0;

  constructor(model: Model, address: string) {
    this.#model = model;
    this.point = { model, address, access: { password: '02000000', operator: '00000001', unverified: 'allowed' } };
  }

  answer(bytes: Uint8Array): Uint8Array | null {
    const request = decodeRequest(decodeFrame(bytes));
    if (!matchesAddress(request.address, this.point.address)) return null;
    const reply = this.#replyTo(request);
    return reply && encodeFrame(frameOfReply(reply));
  }

  #replyTo(request: Dlt645Request): Dlt645Reply | null {
    const { edition } = this.#model.profile;
    const from = { edition, address: this.point.address } as const;
    if (request.kind === 'set_time') {
      this.clock = clockOfDigits(request.time, 'YYMMDDhhmmss') ?? this.clock;
      return null;
    }
    if (request.kind === 'control_sealed') return null;
    const refuse = (errors: Uint8Array): Dlt645Reply => ({ ...from, kind: 'refused', of: request.kind, errors });
    if (this.faults.refuses) return refuse(NO_SUCH_DATA);
    switch (request.kind) {
      case 'read':
        return this.#read(request) ?? refuse(NO_SUCH_DATA);
      case 'read_more':
        // The edition of 1997 has no sequence: whatever follows the part before.
        this.#part = request.sequence ?? this.#part + 1;
        return this.#parts[this.#part] ?? refuse(NO_SUCH_DATA);
      case 'write':
        if (request.authority.code !== '000000') return refuse(NOT_AUTHORISED);
        this.#write(request.dataId, request.data);
        return { ...from, kind: 'done', of: 'write' };
      case 'control':
        return this.#order(request) ? { ...from, kind: 'done', of: 'control' } : refuse(NOT_AUTHORISED);
      default:
        return refuse(NO_SUCH_DATA);
    }
  }

  #read(request: Read): Dlt645Reply | null {
    const { dataId, edition } = request;
    if (this.faults.refusesBlocks && /^(?:.{4}FF..|...F)$/.test(dataId)) return null;
    const values = this.#values(dataId);
    const data = this.#written.get(dataId) ?? (values && encodeData(edition, dataId, values));
    if (!data) return null;
    this.#parts = repliesOf(request, data, this.point.address, this.faults.partBytes ?? undefined);
    this.#part = 0;
    return this.#parts[0] ?? null;
  }

  #values(dataId: string): readonly DataValue[] | null {
    const { energy, clock, details } = this.#model.profile;
    const energies = [this.total / WH_PER_COUNT, 0n, 0n, 0n, 0n];
    if (dataId === energy.block) return energies;
    const single = energies[energy.singles.indexOf(dataId)];
    if (single !== undefined) return [single];
    if (dataId === clock.date) return [this.faults.absurdClock ? ABSURD_DATE : digitsOfClock(this.clock, 'YYMMDDWW')];
    if (dataId === clock.time) return [digitsOfClock(this.clock, 'hhmmss')];
    if (dataId === '04000503') return [this.#runStatus()];
    const detail = details.find(({ block, singles }) => block === dataId || singles.includes(dataId));
    if (detail) return this.#phases(detail.block === dataId ? detail.singles.length : 1);
    return this.#frozenValues(dataId);
  }

  #phases(count: number): readonly DataValue[] {
    return Array.from({ length: count }, (_, at) => (at > 0 && this.faults.absentPhases ? null : BigInt(at + 1)));
  }

  #runStatus(): number {
    const open = this.switchState === 'off';
    return encodeRunStatus({
      relayOpen: open,
      relayOrderedOpen: open,
      preTripAlarm: false,
      keepPower: this.#keepPower,
      prepayment: 'none',
    });
  }

  /** 05 hourly or daily, time or energy, number from the latest back. */
  #frozenValues(dataId: string): readonly DataValue[] | null {
    const [, what, number] = /^0504(00|01)(..)$/.exec(dataId) ?? [];
    const freeze = this.frozen.at(-Number.parseInt(number ?? '0', 16));
    if (what === undefined || freeze === undefined) return null;
    if (what === '00') return [digitsOfClock(freeze.clock, 'YYMMDDhhmm')];
    return [[freeze.total, ...(freeze.tariffs ?? [])].map((energy) => energy && energy / WH_PER_COUNT)];
  }

  #write(dataId: string, data: Uint8Array): void {
    const { date, time } = this.#model.profile.clock;
    const digits = toHex(data.toReversed());
    const now = digitsOfClock(this.clock, 'YYMMDDhhmmss');
    const layout = 'YYMMDDhhmmss';
    if (dataId === date) this.clock = clockOfDigits(digits.slice(0, 6) + now.slice(6), layout) ?? this.clock;
    else if (dataId === time) this.clock = clockOfDigits(now.slice(0, 6) + digits, layout) ?? this.clock;
    else this.#written.set(dataId, data);
  }

  #order({ authority, order }: Control): boolean {
    if (authority.code !== '000000' || order.validUntil < digitsOfClock(this.clock, 'YYMMDDhhmmss')) return false;
    if (order.action === 'keep_power') this.#keepPower = true;
    if (order.action === 'keep_power_off') this.#keepPower = false;
    if (order.action === 'trip' && this.#keepPower) return false;
    if (order.action === 'trip') this.switchState = 'off';
    if (order.action === 'close') this.switchState = 'on';
    return true;
  }
}
