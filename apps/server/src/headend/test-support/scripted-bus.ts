import { type ZonedParts, zonedParts } from '@openprepay/kernel';
import { meterModels, protocolError } from '@openprepay/protocols';
import type {
  Dialogue,
  FrozenReading,
  MeterDriver,
  MeterReading,
  SettingDialogues,
  SettingKind,
  SettingValues,
} from '@openprepay/protocols/driver';
import { devicesOf } from '../../devices/index.ts';
import type { Context } from '../../platform/context.ts';
import { intake } from '../../readings/index.ts';
import { type Contacts, startContacts } from '../contacts.ts';
import { headendError } from '../errors.ts';
import type { Line, ReachableMeter, Session } from '../reachable.ts';
import { createReportQueue, type ReportQueue } from '../report-queue.ts';
import { createStats, type Stats } from '../stats.ts';
import { NO_TRACE } from '../trace.ts';
import type { TestMeter } from './market.ts';

type Settings = { -readonly [K in SettingKind]?: SettingValues[K] };
type Question = 'read' | 'read_switch' | `frozen ${string}` | `read ${SettingKind}` | `write ${SettingKind}`;

/** A meter played by a test: what it holds, and how it behaves. */
export class BusMeter {
  /** What it was asked, in order, with the priority. */
  readonly asked: { readonly question: Question; readonly priority: number }[] = [];
  readonly settings: Settings = {};
  totalWh = 1_000n;
  /** How far its clock is ahead of ours. */
  driftS = 0;
  silent = false;
  /** Takes settings, and forgets them. */
  forgetful = false;
  frozen: FrozenReading[] = [];

  questions(): string[] {
    return this.asked.map(({ question }) => question);
  }
}

/** One bus whose meters speak a language of their own, JSON: what is tested is who is asked what, and when. */
export class ScriptedBus {
  readonly meters: ReachableMeter[] = [];
  readonly stats: Stats;
  readonly reports: ReportQueue;
  readonly contacts: Contacts;
  /** How often somebody looked who is there. */
  looks = 0;
  /** Most questions that were ever under way at once on this bus. */
  mostAtOnce = 0;
  readonly #ctx: Context;
  readonly #closing = new AbortController();
  readonly #played = new Map<string, BusMeter>();
  readonly #line: Line;
  #last: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.stats = createStats(ctx.log);
    this.reports = createReportQueue({ intake: (batch) => intake(ctx.db, batch) });
    this.contacts = startContacts(ctx);
    this.#line = {
      ask: (priority, prepare, meter) => {
        const answer = this.#last.then(() => this.#answer(priority, prepare, meter));
        this.#last = answer.catch(() => {});
        return answer;
      },
    };
  }

  get env() {
    const meter = (meterId: string) => this.meters.find(({ device }) => device.meterId === meterId);
    const meters = () => {
      this.looks += 1;
      return this.meters.values();
    };
    const sessions = { meters, meter };
    return {
      ctx: this.#ctx,
      stats: this.stats,
      reports: this.reports,
      contacts: this.contacts,
      sessions,
      trace: NO_TRACE,
    };
  }

  /** Puts a meter of the database on the bus, as a model that keeps what the test wants to ask for. */
  async add(meter: TestMeter, model = 'DDZY-645'): Promise<BusMeter> {
    const [device] = await devicesOf(this.#ctx.db, meter.marketId, [meter.meterId]);
    const facts = meterModels[model];
    if (!device || !facts) throw new Error('no such meter or model');
    const played = new BusMeter();
    this.#played.set(device.meterId, played);
    const session: Session = {
      link: device.link,
      linkKey: device.linkKey,
      remote: '127.0.0.1',
      meters: this.meters,
      sinceMs: performance.now(),
      closed: this.#closing.signal,
      hangUp: () => this.#closing.abort(),
    };
    const driver = driverOf(played, () => zonedParts(this.#meterTime(played), device.timeZone));
    const point = { model: facts, address: device.busAddress, access: device.access };
    this.meters.push({ device, driver, point, session, line: this.#line, lastReportAt: null });
    return played;
  }

  async stop(): Promise<void> {
    await this.#last;
    await this.reports.drained();
    await this.contacts.stop();
  }

  #meterTime(played: BusMeter): Date {
    return new Date(this.#ctx.clock.now().getTime() + played.driftS * 1_000);
  }

  async #answer(
    priority: number,
    prepare: Parameters<Line['ask']>[1],
    { device }: ReachableMeter,
  ): Promise<Uint8Array | null> {
    this.#underWay += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#underWay);
    try {
      const ask = await prepare();
      if (!ask) return null;
      const played = this.#played.get(device.meterId);
      const question = textOf(ask.request) as Question;
      played?.asked.push({ question, priority });
      await new Promise((done) => setImmediate(done));
      if (!played || played.silent) throw headendError('headend.request_timed_out', 'no reply');
      return bytesOf('ok');
    } finally {
      this.#underWay -= 1;
    }
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function* ask(question: Question, write = false): Dialogue<void> {
  yield { request: bytesOf(question), write, fits: () => true };
}

function driverOf(played: BusMeter, clock: () => ZonedParts): MeterDriver {
  const reading = (): MeterReading => ({
    total: played.totalWh,
    tariffs: [null, null, played.totalWh, null, null],
    clock: clock(),
    switchState: 'on',
    batteryLow: null,
    details: [{ name: 'voltage_a', value: '230.1', unit: 'V' }],
  });
  return {
    protocol: 'scripted',
    createStream: () => {
      throw new Error('this bus has frames of its own');
    },
    parseAddress: (address) => address,
    *read() {
      yield* ask('read');
      return reading();
    },
    *writeSwitch() {
      yield* ask('read_switch', true);
    },
    *readSwitch() {
      yield* ask('read_switch');
      return 'on';
    },
    *readFrozen(_point, from, to) {
      yield* ask(`frozen ${wall(from)} – ${wall(to)}`);
      return played.frozen.filter(({ clock: at }) => wall(from) <= wall(at) && wall(at) <= wall(to));
    },
    setting: <K extends SettingKind>(_point: unknown, kind: K): SettingDialogues<K> | null =>
      kind in played.settings ? dialogues(played, kind, clock) : null,
  };
}

function dialogues<K extends SettingKind>(played: BusMeter, kind: K, clock: () => ZonedParts): SettingDialogues<K> {
  return {
    *write(_point, value) {
      yield* ask(`write ${kind}`, true);
      if (played.forgetful) return;
      if (kind === 'clock') played.driftS = 0;
      played.settings[kind] = value;
    },
    *readBack() {
      yield* ask(`read ${kind}`);
      const has = kind === 'clock' ? { local: clock() } : played.settings[kind];
      if (!has) throw protocolError('meter.refused', 'nothing was ever set');
      return has as SettingValues[K];
    },
  };
}

const pad = (value: number): string => String(value).padStart(2, '0');
const wall = ({ month, day, hour, minute }: ZonedParts): string =>
  `${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}`;
