import { timingSafeEqual } from 'node:crypto';
import { type NbSecrets, openNbSecrets, pushTokenMark } from '../../devices/index.ts';
import type { Queryable } from '../../platform/database.ts';

export type PlatformName = 'ctwing' | 'onenet';

/** A product on a platform: the secrets both sides share, and who may push. */
export interface Product extends NbSecrets {
  readonly platform: PlatformName;
  readonly productId: string;
  readonly marketId: string;
  /** How its payloads are read and written. */
  readonly codec: string;
  readonly baseUrl: string;
  readonly appKey: string;
  /** Socket addresses; empty allows any. */
  readonly allowedSources: readonly string[];
}

const CACHED_FOR_MS = 5_000;
/** One that is not known may just have been entered; but strangers ask too. */
const LOOK_AGAIN_AFTER_MS = 500;

/** The products of this installation, as they stood at most five seconds ago. */
export class Products {
  readonly #db: Queryable;
  #loaded: Promise<readonly StoredProduct[]> | null = null;
  #loadedMs = Number.NEGATIVE_INFINITY;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Takes the same time whichever token fits. */
  async byToken(platform: PlatformName, token: string): Promise<Product | null> {
    const given = pushTokenMark(this.#db.vault, token);
    return this.#find((product) => timingSafeEqual(product.pushMark, given) && product.platform === platform);
  }

  async byId(productId: string): Promise<Product | null> {
    return this.#find((product) => product.productId === productId);
  }

  async #find(isIt: (product: StoredProduct) => boolean): Promise<Product | null> {
    for (const cachedForMs of [CACHED_FOR_MS, LOOK_AGAIN_AFTER_MS]) {
      // All of them, so that it takes the same time wherever it is.
      const [found] = (await this.#all(cachedForMs)).filter(isIt);
      if (found) return found;
    }
    return null;
  }

  #all(cachedForMs: number): Promise<readonly StoredProduct[]> {
    const nowMs = performance.now();
    if (this.#loaded && nowMs - this.#loadedMs < cachedForMs) return this.#loaded;
    this.#loadedMs = nowMs;
    this.#loaded = load(this.#db).catch((error: unknown) => {
      this.#loaded = null;
      throw error;
    });
    return this.#loaded;
  }
}

interface StoredProduct extends Product {
  readonly pushMark: Buffer;
}

/** One whose keys do not open (the installation's key was lost) is not there until they are entered again. */
async function load(db: Queryable): Promise<StoredProduct[]> {
  const rows = await db.query<Omit<StoredProduct, keyof NbSecrets> & { sealed: string } & Record<string, unknown>>(
    `select platform, product_id as "productId", market_id as "marketId", codec, base_url as "baseUrl", app_key as "appKey",
            secrets_sealed as sealed, push_address_mark as "pushMark", allowed_sources as "allowedSources"
     from nb_product`,
  );
  return rows.flatMap(({ sealed, ...row }) => {
    const secrets = openNbSecrets(db.vault, row, sealed);
    return secrets ? [{ ...row, ...secrets }] : [];
  });
}
