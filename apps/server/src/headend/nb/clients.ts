import { type Clock, OpenPrepayError } from '@openprepay/kernel';
import { type NbCodec, nbCodecOf } from '@openprepay/protocols/nbcodec';
import { headendError } from '../errors.ts';
import type { PlatformClient } from './platform.ts';
import { platformOf } from './platforms.ts';
import type { Product, Products } from './products.ts';

const RETRY_LEAST_MS = 2_000;
const RETRY_MOST_MS = 120_000;

interface Known {
  readonly product: Product;
  readonly client: PlatformClient;
}

/** One client a product, and a pause after the platform did not answer: wire time, doubled each time in a row. */
export class PlatformClients {
  readonly #products: Products;
  readonly #clock: Clock;
  readonly #send: typeof fetch;
  readonly #known = new Map<string, Known>();
  readonly #failures = new Map<string, { times: number; untilMs: number }>();

  constructor(products: Products, clock: Clock, send: typeof fetch = fetch) {
    this.#products = products;
    this.#clock = clock;
    this.#send = send;
  }

  isPaused(productId: string): boolean {
    return performance.now() < (this.#failures.get(productId)?.untilMs ?? 0);
  }

  /**
   * Runs one call, and keeps count of whether the platform answers.
   * @throws what `work` throws; headend.platform_refused for a product that is not configured
   */
  async call<T>(productId: string, work: (client: PlatformClient) => Promise<T>): Promise<T> {
    const client = await this.#client(productId);
    try {
      const result = await work(client);
      this.#failures.delete(productId);
      return result;
    } catch (error) {
      // One that refuses what is asked for one meter is there for the others.
      if (isRefusal(error)) {
        this.#failures.delete(productId);
        throw error;
      }
      const times = (this.#failures.get(productId)?.times ?? 0) + 1;
      const pauseMs = Math.min(RETRY_LEAST_MS * 2 ** (times - 1), RETRY_MOST_MS);
      this.#failures.set(productId, { times, untilMs: performance.now() + pauseMs });
      throw error;
    }
  }

  /** How the product's payloads are written. @throws headend.platform_refused, meter.not_supported for an unknown codec */
  async codecOf(productId: string): Promise<NbCodec> {
    return nbCodecOf((await this.#product(productId)).codec);
  }

  async #product(productId: string): Promise<Product> {
    const product = await this.#products.byId(productId);
    if (!product) throw headendError('headend.platform_refused', 'no such product is configured', { productId });
    return product;
  }

  async #client(productId: string): Promise<PlatformClient> {
    const product = await this.#product(productId);
    const known = this.#known.get(productId);
    if (known?.product === product) return known.client;
    const isSame = known && JSON.stringify(known.product) === JSON.stringify(product);
    const client = isSame ? known.client : platformOf(product.platform).createClient(product, this.#clock, this.#send);
    this.#known.set(productId, { product, client });
    return client;
  }
}

/** The platform answered, and would not. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof OpenPrepayError && error.code === 'headend.platform_refused';
