import type { ZonedParts } from '@openprepay/kernel';
import {
  type Dlt645Reply,
  type Dlt645Request,
  decodeFrame,
  decodeRequest,
  type Edition,
  encodeFrame,
  frameOfReply,
  matchesAddress,
} from '@openprepay/protocols/dlt645';
import { busPlaceOf } from '../bus-place.ts';
import { type PowerMemory, PowerMeter } from '../power-meter.ts';
import { drawInt } from '../random.ts';
import type { SiteMeter, StallType } from '../site.ts';
import { nowMs, type World } from '../world.ts';
import { type Password, passwordOf } from './access.ts';
import { answerTo, type Desk } from './desk.ts';
import type { Face } from './face.ts';
import { type FreezeMemory, Freezes } from './freezes.ts';
import { type ParameterMemory, Parameters } from './parameters.ts';
import { faceOf, moved, NEW_RELAY, ordered, type RelayMemory } from './relay.ts';
import { localOf } from './values.ts';

const HOUR_MS = 3_600_000;
/** A broadcast moves the clock by this much at most, and once a day (DL/T 645-2007, 7.3). */
const BROADCAST_MOST_MS = 5 * 60_000;
const PREAMBLE_MOST = 4;
const ENERGY_IDS = /^(?:000[01]|90)/;

interface Dlt645Memory extends PowerMemory {
  readonly relay: RelayMemory;
  readonly parameters: ParameterMemory;
  readonly password: Password;
  /** The day, by the meter's clock, of the last broadcast that it took. */
  readonly broadcastDay: string;
}

/**
 * A DL/T 645 meter behind its serial port: of 2007 with relay, passwords, settings, freezes and load records, or of 1997,
 * which only measures. The edition is the model's; a frame of the other one is not understood.
 */
export class Dlt645Meter extends PowerMeter {
  readonly speech = 'dlt645';
  readonly edition: Edition;
  readonly #preambleBytes: number;
  readonly #freezes: Freezes;
  readonly #desk: Desk;
  #parameters: Parameters;
  #relay: RelayMemory;
  #password: Password;
  #broadcastDay: string;
  #cancelRelay: () => void = () => {};

  constructor(site: SiteMeter, stallType: StallType, world: World) {
    const kept = world.journal.get(site.serial) as Dlt645Memory | undefined;
    const memory = kept ?? fresh(site, world);
    super(site, stallType, world, memory);
    this.edition = site.model.includes('97') ? '1997' : '2007';
    this.#preambleBytes = drawInt(0, PREAMBLE_MOST, world.seed, site.serial, 'preamble');
    this.#freezes = new Freezes(world.journal.get(freezeKey(site.serial)) as FreezeMemory | undefined);
    this.#parameters = new Parameters(memory.parameters);
    this.#relay = memory.relay;
    this.#password = memory.password;
    this.#broadcastDay = memory.broadcastDay;
    this.divideDay(this.#parameters.day);
    this.#desk = this.#openDesk();
  }

  /** Power is back: the relay finishes the move that the power cut may have stopped. */
  powerUp(): void {
    this.#moveRelay();
  }

  /** Presses the button on the meter: a relay that was allowed to close closes. */
  pressButton(): void {
    this.#relay = { ...this.#relay, waitsForButton: false };
    this.#moveRelay();
  }

  answer(bytes: Uint8Array): Uint8Array | null {
    let request: Dlt645Request;
    try {
      request = decodeRequest(decodeFrame(bytes));
    } catch {
      return null;
    }
    const { address } = busPlaceOf(this.site);
    const understood = request.edition === this.edition || request.kind === 'set_time';
    if (!understood || !matchesAddress(request.address, address)) return null;
    this.count();
    const body = answerTo(this.#desk, request);
    if (request.kind === 'read' && ENERGY_IDS.test(request.dataId)) this.endFallBack();
    this.save();
    if (body === null) return null;
    const reply: Dlt645Reply = { edition: this.edition, address, ...body };
    return encodeFrame(frameOfReply(reply), this.#preambleBytes);
  }

  protected override save(): void {
    this.remember<Dlt645Memory>({
      clock: this.clock.memory,
      relay: this.#relay,
      parameters: this.#parameters.memory,
      password: this.#password,
      broadcastDay: this.#broadcastDay,
    });
  }

  protected override onNewDevice(): void {
    super.onNewDevice();
    this.#cancelRelay();
    this.#freezes.clear();
    this.#relay = NEW_RELAY;
    this.#parameters = new Parameters(Parameters.factory(this.site.ctRatio));
    this.#password = passwordOf(this.site.access);
    this.#broadcastDay = '';
  }

  /** Stops on the way at each full hour of the meter's own clock, to note the register there. */
  protected override countTo(atMs: number): void {
    const aheadMs = this.clock.at(atMs) - atMs;
    const firstHour = Math.floor((this.countedToMs + aheadMs) / HOUR_MS) + 1;
    const lastHour = Math.floor((atMs + aheadMs) / HOUR_MS);
    for (let hour = Math.max(firstHour, lastHour - HOURS_KEPT); hour <= lastHour; hour++) {
      super.countTo(hour * HOUR_MS - aheadMs);
      this.#freeze(hour * HOUR_MS);
    }
    super.countTo(atMs);
    if (firstHour <= lastHour) this.world.journal.put(freezeKey(this.place), this.#freezes.memory);
  }

  #freeze(clockMs: number): void {
    const ticks = this.shownTicks();
    this.#freezes.add('hourly', { clockMs, ticks });
    if (localOf(clockMs, this.world.zone).hour === 0) this.#freezes.add('daily', { clockMs, ticks });
  }

  get #hasRelay(): boolean {
    return this.edition === '2007';
  }

  #openDesk(): Desk {
    return {
      long: null,
      face: () => this.#face(),
      password: () => this.#password,
      setPassword: (password) => {
        this.#password = password;
      },
      setClock: (local) => this.clock.set(local),
      broadcast: (local) => this.#broadcast(local),
      setParameter: (dataId, data) => {
        const taken = this.#parameters.write(dataId, data);
        if (taken) this.divideDay(this.#parameters.day);
        return taken;
      },
      freezeNow: () => {
        this.#freezes.add('ordered', { clockMs: this.#clockMs(), ticks: this.shownTicks() });
      },
      order: (action, operator) => {
        const relay = this.#hasRelay ? ordered(this.#relay, action, operator) : null;
        if (relay === null) return false;
        this.#relay = relay;
        this.#moveRelay();
        return true;
      },
    };
  }

  #face(): Face {
    const { relay, parameters, freezes } = { relay: this.#relay, parameters: this.#parameters, freezes: this.#freezes };
    return {
      address: busPlaceOf(this.site).address,
      phases: this.phases,
      zone: this.world.zone,
      clock: this.clock.local(),
      ticks: this.shownTicks(),
      electrical: this.electrical(),
      relay: this.#hasRelay ? faceOf(relay, this.supply) : null,
      parameters,
      freezes,
    };
  }

  #broadcast(local: ZonedParts): void {
    const was = this.#clockMs();
    const day = `${local.year}-${local.month}-${local.day}`;
    const before = this.clock.memory;
    this.clock.set(local);
    if (day === this.#broadcastDay || Math.abs(this.#clockMs() - was) > BROADCAST_MOST_MS) this.clock.restore(before);
    else this.#broadcastDay = day;
  }

  /** A relay takes its time; a stuck one has acknowledged and stays, and the meter sees that they differ. */
  #moveRelay(): void {
    this.#cancelRelay();
    const wanted = this.#relay.orderedOpen ? 'off' : 'on';
    if (this.#relay.waitsForButton) return;
    this.#cancelRelay = this.world.timers.after(this.world.pace.relayMoveMs, () => {
      if (this.supply === wanted || this.isStuck) return;
      this.count();
      this.supply = wanted;
      this.#relay = moved(this.#relay, wanted, this.#clockMs(), this.shownTicks().total);
      this.save();
    });
  }

  #clockMs(): number {
    return this.clock.at(nowMs(this.world));
  }
}

/** More hours than this are not made up: they would push each other out. */
const HOURS_KEPT = 24 * 31;
const freezeKey = (place: string): string => `${place}/freezes`;

function fresh(site: SiteMeter, world: World): Dlt645Memory {
  return {
    ...PowerMeter.fresh(site.serial, world),
    relay: NEW_RELAY,
    parameters: Parameters.factory(site.ctRatio),
    password: passwordOf(site.access),
    broadcastDay: '',
  };
}
