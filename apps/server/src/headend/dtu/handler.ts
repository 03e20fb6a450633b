import { concatBytes } from '@openprepay/kernel';
import { createDtuStripper, type DtuConvention, type DtuEvent, type DtuStripper } from '@openprepay/protocols/dtu';
import type { LineSettings } from '../gateways.ts';
import type { LinkHandler, Wire } from '../listener/handler.ts';
import type { ConnectedSession } from '../sessions.ts';

const PROTOCOL = 'dtu';
/** After so long without a byte, what the stripper still holds is no beginning of anything. */
const SETTLE_AFTER_MS = 100;
/** Of the first packets, kept in case its gateway's settings say that they are to be read otherwise. */
const MAX_BEGUN_BYTES = 1_024;

/** A serial-to-network modem: a bus of meters of any protocol, whose bytes come as they are. */
export class DtuHandler implements LinkHandler {
  readonly #wire: Wire;
  #convention: DtuConvention;
  #stripper: DtuStripper;
  #begun: Uint8Array = new Uint8Array(0);
  #settling: NodeJS.Timeout | null = null;
  #session: ConnectedSession | null = null;
  #key: string | null = null;

  /** @param convention by which its first packet was recognised */
  constructor(wire: Wire, convention: DtuConvention) {
    this.#wire = wire;
    this.#convention = convention;
    this.#stripper = createDtuStripper(convention);
  }

  /** A modem that sends no heartbeat says nothing for as long as nobody asks. */
  get silenceMs(): number | null {
    return this.#convention.heartbeats.length > 0 ? this.#wire.env.limits.silenceMs : null;
  }

  receive(chunk: Uint8Array): void {
    if (!this.#session) this.#begun = concatBytes(this.#begun, chunk).slice(0, MAX_BEGUN_BYTES);
    this.#take(this.#stripper.push(chunk));
    if (this.#settling) clearTimeout(this.#settling);
    this.#settling = this.#stripper.bufferedBytes > 0 ? setTimeout(() => this.#settle(), SETTLE_AFTER_MS) : null;
  }

  claimed(): void {
    if (this.#key !== null) void this.#register(this.#key);
  }

  end(): void {
    if (this.#settling) clearTimeout(this.#settling);
  }

  #settle(): void {
    this.#take(this.#stripper.settle());
  }

  #take(events: readonly DtuEvent[]): void {
    for (const event of events) {
      if (event.kind === 'registered') void this.#register(event.key);
      else if (event.kind === 'heartbeat') this.#wire.heard();
      else this.#hear(event.bytes);
    }
  }

  /** Bytes of the bus: the line tells answers from the rest. What nobody asked for is noise. */
  #hear(bytes: Uint8Array): void {
    if (!this.#session) return;
    if (this.#session.line().receive(bytes)) this.#wire.heard();
    else this.#wire.noise(bytes.length);
  }

  async #register(key: string): Promise<void> {
    if (this.#session) {
      if (key !== this.#session.linkKey) this.#wire.close('frames_unexpected');
      return;
    }
    this.#key = key;
    const claimed = await this.#wire.identify('dtu', key);
    if (claimed) {
      this.#session = this.#wire.open(claimed, { send: (request) => this.#wire.write(request), ownModem: false });
    }
    this.#wire.see('up', PROTOCOL, this.#begun);
    if (!claimed) return;
    this.#follow(claimed.gateway?.settings ?? {});
  }

  /** This gateway has ways of its own: what it sent so far is read again by them. */
  #follow({ registration, heartbeats = [] }: LineSettings): void {
    if (registration === undefined && heartbeats.length === 0) return;
    const on = registration === 'every_packet' ? 'every_packet' : 'connect';
    this.#convention = { ...this.#convention, on, heartbeats: [...this.#convention.heartbeats, ...heartbeats] };
    this.#stripper = createDtuStripper(this.#convention);
    this.#take(this.#stripper.push(this.#begun).filter(({ kind }) => kind !== 'registered'));
  }
}
