import type { Clock, MeterKind } from '@openprepay/kernel';
import type { BusHabits } from './bus/bus.ts';
import type { Fault } from './faults.ts';
import type { Site } from './site.ts';

export interface SimulatorOptions {
  readonly site: Site;
  /** Market time; may run faster than the wire's. */
  readonly clock: Clock;
  /** How many market seconds pass in one second on the wire. */
  readonly speed: number;
  readonly seed: number;
  /** The server's listener for electricity meters. */
  readonly deviceHost: string;
  readonly devicePort: number;
  /** Where the simulated NB platform listens; port 0 takes a free one. */
  readonly nbListen: { readonly host: string; readonly port: number };
  /** The server's HTTP origin: pushes go to `${pushBaseUrl}/push/ctwing/${pushToken}`. */
  readonly pushBaseUrl: string;
  /** The meters' non-volatile memory; null forgets everything at stop. */
  readonly stateFile: string | null;
  /** The broker of the MQTT devices, `mqtt://…`; without one they stay away. */
  readonly mqttUrl?: string;
  /** How the lines behind gateways behave, where not as usual. */
  readonly bus?: Partial<BusHabits>;
  readonly faults: readonly Fault[];
  /** Every meter has made its first contact after this many milliseconds on the wire. */
  readonly connectWithinMs?: number;
  log(line: string): void;
}

export interface SimulatorStats {
  readonly electricity: { readonly connected: number; readonly total: number };
  readonly water: { readonly attached: number; readonly total: number };
  readonly gateways: { readonly connected: number; readonly total: number };
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly pushes: number;
  readonly pushesFailed: number;
  /** Given up: the queue was full, or the server refused the push for good. */
  readonly pushesDropped: number;
  readonly commandsDelivered: number;
  readonly faultsInjected: Readonly<Record<Fault, number>>;
}

export interface Simulator {
  /** Where the NB platform answers: the origin for the northbound API. */
  readonly nbBaseUrl: string;
  stats(): SimulatorStats;
  /** By the meter's serial or its link key; throws `simulator.unknown_meter`. */
  electricity(serialOrLinkKey: string): VirtualElectricityMeter;
  water(serialOrLinkKey: string): VirtualWaterMeter;
  /** Any meter, by its serial, or by its link key where it is the only one there. */
  meter(serialOrLinkKey: string): VirtualMeter;
  /**
   * Takes the power of a gateway or a modem by its link key, or takes a whole NB platform away by its product; the meters go
   * on measuring. Throws `simulator.unknown_link`.
   */
  unplug(linkKey: string): void;
  plug(linkKey: string): void;
  setFaults(faults: readonly Fault[]): void;
  stop(): Promise<void>;
}

/** A device that takes another one's place; its register begins at `start` Wh or litres, 0 when nothing is said. */
export interface NewDevice {
  readonly serial: string;
  /** Of its own modem or radio module; the old one's when nothing is said, as behind a gateway. */
  readonly linkKey?: string;
  readonly busAddress?: string;
  readonly start?: bigint;
}

/** What a meter's serial port speaks. */
export type Speech = 'modbus' | 'dlt645' | 'cjt188';

export interface SerialPort {
  readonly speech: Speech;
  /** Answers one frame as the meter's serial port does; null where a meter keeps silent. */
  answer(request: Uint8Array): Uint8Array | null;
}

/** What a test or a person at the bench can see and do with any meter. */
export interface VirtualMeter {
  readonly kind: MeterKind;
  readonly serial: string;
  readonly linkKey: string;
  /** Where relay or valve stands. */
  readonly switchState: 'on' | 'off';
  /** Wh or litres as the register shows them now, before CT. */
  readonly total: bigint;
  /** A stuck relay or valve acknowledges every command and stays where it is. */
  stuck: boolean;
  /** A fixed load in W or litres per hour, before CT; null returns to the stall's own habits. */
  setLoad(perHour: number | null): void;
  /** The next reading that is reported shows less than an earlier one, once. */
  forceDecrease(): void;
  /** Turns the register on to 0.2 kWh or m³ before it wraps to zero. */
  nearRollOver(): void;
  /** Hangs another device in its place, fresh from its box, which measures the same use from now on. */
  swap(device: NewDevice): void;
  /** Takes the meter off the air, until `reconnect`. It goes on measuring. */
  disconnect(): void;
  reconnect(): void;
}

export interface VirtualElectricityMeter extends VirtualMeter, SerialPort {
  readonly relay: 'on' | 'off';
  /** As the register shows it now: before CT, in steps of 10 Wh. */
  readonly totalWh: bigint;
  readonly connected: boolean;
}

export interface VirtualWaterMeter extends VirtualMeter {
  readonly valve: 'on' | 'off';
  /** As the register shows it now, in steps of 10 litres. */
  readonly totalLitres: bigint;
  readonly awake: boolean;
  /** Ends the sleep at once, as a magnet held to the meter does. */
  wakeNow(): void;
}
