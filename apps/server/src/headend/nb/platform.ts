import type { Clock } from '@openprepay/kernel';
import type { NbCommand, NbPayload } from '@openprepay/protocols/nbcodec';

import type { Product } from './products.ts';

/**
 * What became of a command that a platform keeps for a sleeping meter. `delivered` is a receipt of the radio module at
 * most: no valve has moved for it.
 */
export type Fate = 'waiting' | 'delivered' | 'failed';

/** One message of, or about, one device, as any platform pushes it. */
export interface PlatformMessage {
  readonly productId: string;
  readonly deviceId: string;
  /** When the platform had it from the device. Messages are ordered by this, never by arrival. */
  readonly at: Date;
  /** The same for a message that is pushed again, and different for any other. */
  readonly key: string;
  readonly said:
    | { readonly kind: 'data'; readonly payload: NbPayload }
    | { readonly kind: 'online'; readonly online: boolean; readonly iccid: string | null }
    | { readonly kind: 'command'; readonly ref: string; readonly fate: Fate; readonly code: string }
    | { readonly kind: 'event'; readonly code: string; readonly content: unknown };
}

export interface CommandOrder {
  readonly deviceId: string;
  readonly told: NbCommand;
  /** How long the platform keeps it for the sleeping device. */
  readonly ttlS: number;
}

/**
 * A platform's northbound API, for one product.
 * All throw headend.platform_unreachable (no answer in time, or no JSON), headend.platform_refused (with its own words).
 */
export interface PlatformClient {
  /** @returns the platform's own id of the command, under which it reports on it */
  create(order: CommandOrder): Promise<string>;
  fateOf(deviceId: string, ref: string): Promise<{ readonly fate: Fate; readonly code: string }>;
  /** Takes back a command that the device has not fetched; refused when it is too late. */
  cancel(deviceId: string, ref: string): Promise<void>;
}

/** What an operator's platform is to us: how it pushes, and how it is called. */
export interface Platform {
  /**
   * What the body of a push says, signatures checked.
   * @throws headend.bad_push, headend.wrong_product, frame.*
   */
  messagesOf(body: Uint8Array, product: Product): PlatformMessage[];
  createClient(product: Product, clock: Clock, send: typeof fetch): PlatformClient;
}
