import type { Claimed } from '../gateways.ts';
import type { LinkEnv } from '../link.ts';
import { DialledGateway, splitHostPort } from './dialled.ts';

const MAX_PORT = 65_535;

/** Calls every Modbus TCP gateway of every market, and hangs up on those that are no longer any. */
export class Dialler {
  readonly #env: LinkEnv;
  readonly #gateways = new Map<string, { readonly marketId: string; readonly dialled: DialledGateway }>();

  constructor(env: LinkEnv) {
    this.#env = env;
  }

  /** What a market has now. The same address in two markets is the first one's. */
  setMarket(marketId: string, claimed: Iterable<Claimed>): void {
    const wanted = new Map<string, Claimed>();
    for (const one of claimed) if (one.link === 'modbus_tcp' && this.#canDial(one)) wanted.set(one.linkKey, one);
    for (const [linkKey, gateway] of this.#gateways) {
      if (gateway.marketId !== marketId || wanted.has(linkKey)) continue;
      gateway.dialled.stop();
      this.#gateways.delete(linkKey);
    }
    for (const [linkKey, one] of wanted) {
      const known = this.#gateways.get(linkKey);
      if (!known) this.#gateways.set(linkKey, { marketId, dialled: new DialledGateway(this.#env, one) });
      else if (known.marketId === marketId) known.dialled.claimed = one;
    }
  }

  #canDial({ linkKey }: Claimed): boolean {
    const { port } = splitHostPort(linkKey);
    if (Number.isInteger(port) && port > 0 && port <= MAX_PORT) return true;
    this.#env.stats.trouble('devices_unusable', { linkKey }, 'a Modbus TCP gateway is "host:port"');
    return false;
  }

  stop(): void {
    for (const { dialled } of this.#gateways.values()) dialled.stop();
    this.#gateways.clear();
  }
}
