import type { Clock } from '@openprepay/kernel';
import type { Journal } from './journal.ts';

/** Status of a command as the platform's northbound API gives it. */
export const STATUS = { saved: 1, sent: 2, delivered: 3, completed: 4, cancelled: 6, failed: 999 } as const;
export type Status = (typeof STATUS)[keyof typeof STATUS];

/** Time to live 0 means now or never: only a reachable device gets it, within this. */
const AT_ONCE_S = 30;
/** Commands of one device that the platform remembers, finished ones among them. */
const REMEMBERED_PER_DEVICE = 50;

export interface NbCommand {
  readonly id: number;
  readonly deviceId: string;
  readonly payloadHex: string;
  readonly createdMs: number;
  /** Market time. */
  readonly ttlS: number;
  readonly status: Status;
}

/** Commands the platform keeps for sleeping devices, in order, until their time to live is over. */
export class CommandCache {
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #byDevice = new Map<string, NbCommand[]>();

  constructor(clock: Clock, journal: Journal) {
    this.#clock = clock;
    this.#journal = journal;
  }

  /** Null when the device has as many unfinished commands as the platform keeps. */
  create(deviceId: string, payloadHex: string, ttlS: number): NbCommand | null {
    const commands = this.#commandsOf(deviceId);
    if (commands.length >= REMEMBERED_PER_DEVICE) {
      const finished = commands.findIndex((command) => command.status >= STATUS.completed);
      if (finished < 0) return null;
      commands.splice(finished, 1);
    }
    const createdMs = this.#clock.now().getTime();
    const command = {
      id: this.#nextId(),
      deviceId,
      payloadHex,
      createdMs,
      ttlS: ttlS || AT_ONCE_S,
      status: STATUS.saved,
    };
    commands.push(command);
    this.#save(deviceId);
    return command;
  }

  find(deviceId: string, id: number): NbCommand | undefined {
    return this.#commandsOf(deviceId).find((command) => command.id === id);
  }

  /** The oldest command that still waits for the device. */
  next(deviceId: string): NbCommand | undefined {
    return this.#commandsOf(deviceId).find((command) => command.status === STATUS.saved);
  }

  /** Fails the waiting commands whose time to live is over, and names them. */
  expire(deviceId: string): NbCommand[] {
    const nowMs = this.#clock.now().getTime();
    const late = this.#commandsOf(deviceId).filter(
      (command) => command.status === STATUS.saved && nowMs > command.createdMs + command.ttlS * 1000,
    );
    for (const command of late) this.setStatus(command, STATUS.failed);
    return late;
  }

  setStatus(command: NbCommand, status: Status): void {
    const commands = this.#commandsOf(command.deviceId);
    const at = commands.findIndex((other) => other.id === command.id);
    if (at < 0) return;
    commands[at] = { ...command, status };
    this.#save(command.deviceId);
  }

  #commandsOf(deviceId: string): NbCommand[] {
    let commands = this.#byDevice.get(deviceId);
    if (!commands) {
      const kept = (this.#journal.get(`commands/${deviceId}`) as readonly NbCommand[] | undefined) ?? [];
      // What was on its way when the platform stopped is sent again.
      commands = kept.map((command) =>
        command.status === STATUS.sent ? { ...command, status: STATUS.saved } : command,
      );
      this.#byDevice.set(deviceId, commands);
    }
    return commands;
  }

  #save(deviceId: string): void {
    this.#journal.put(`commands/${deviceId}`, this.#commandsOf(deviceId));
  }

  #nextId(): number {
    const id = Number(this.#journal.get('commands/last') ?? 1000) + 1;
    this.#journal.put('commands/last', id);
    return id;
  }
}
