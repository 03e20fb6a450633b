import { createHash, timingSafeEqual } from 'node:crypto';
import type { Queryable } from '../../platform/database.ts';

export type PlatformName = 'ctwing' | 'onenet';

/** A product on a platform: the secrets both sides share, and who may push. */
export interface Product {
  readonly platform: PlatformName;
  readonly productId: string;
  readonly marketId: string;
  /** How its payloads are read and written. */
  readonly codec: string;
  readonly baseUrl: string;
  readonly appKey: string;
  readonly appSecret: string;
  readonly masterKey: string;
  readonly pushToken: string;
  /** Socket addresses; empty allows any. */
  readonly allowedSources: readonly string[];
}

const CACHED_FOR_MS = 5_000;

/** The products of this installation, as they stood at most five seconds ago. */
export class Products {
  readonly #db: Queryable;
  #loaded: Promise<readonly Product[]> | null = null;
  #loadedMs = Number.NEGATIVE_INFINITY;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Takes the same time whichever token fits, or none. */
  async byToken(platform: PlatformName, token: string): Promise<Product | null> {
    const given = digest(token);
    let found: Product | null = null;
    for (const product of await this.#all()) {
      const fits = timingSafeEqual(digest(product.pushToken), given);
      if (fits && product.platform === platform) found = product;
    }
    return found;
  }

  async byId(productId: string): Promise<Product | null> {
    return (await this.#all()).find((product) => product.productId === productId) ?? null;
  }

  #all(): Promise<readonly Product[]> {
    const nowMs = performance.now();
    if (this.#loaded && nowMs - this.#loadedMs < CACHED_FOR_MS) return this.#loaded;
    this.#loadedMs = nowMs;
    this.#loaded = load(this.#db).catch((error: unknown) => {
      this.#loaded = null;
      throw error;
    });
    return this.#loaded;
  }
}

const load = (db: Queryable): Promise<Product[]> =>
  db.query<Product & Record<string, unknown>>(
    `select platform, product_id as "productId", market_id as "marketId", codec, base_url as "baseUrl", app_key as "appKey",
            app_secret as "appSecret", master_key as "masterKey", push_token as "pushToken",
            allowed_sources as "allowedSources"
     from nb_product`,
  );

/** Of equal length for any token, so that comparing tells nothing of it. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
