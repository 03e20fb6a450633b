import type { Connection } from './connection.ts';

/** Connections that have not said who they are, oldest first, in all and by address. */
export class Waiting {
  readonly #all = new Set<Connection>();
  readonly #byAddress = new Map<string, Set<Connection>>();

  get size(): number {
    return this.#all.size;
  }

  of(address: string): number {
    return this.#byAddress.get(address)?.size ?? 0;
  }

  oldest(address?: string): Connection | undefined {
    const among = address === undefined ? this.#all : this.#byAddress.get(address);
    return among?.values().next().value;
  }

  add(connection: Connection): void {
    this.#all.add(connection);
    const ofAddress = this.#byAddress.get(connection.remote) ?? new Set();
    this.#byAddress.set(connection.remote, ofAddress.add(connection));
  }

  remove(connection: Connection): void {
    this.#all.delete(connection);
    const ofAddress = this.#byAddress.get(connection.remote);
    ofAddress?.delete(connection);
    if (ofAddress?.size === 0) this.#byAddress.delete(connection.remote);
  }
}
