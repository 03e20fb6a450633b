import type { Status } from '../command-cache.ts';
import type { SiteNbProduct } from '../site.ts';

/** A device as a platform pushes of it. */
export interface NbDevice {
  readonly product: SiteNbProduct;
  readonly deviceId: string;
  readonly imei: string;
}

/** How one platform tells the server what happened: the bodies of its pushes. */
export interface NbDialect {
  /** The path pushed to, before the product's token. */
  readonly path: string;
  online(device: NbDevice, online: boolean, atMs: number): object;
  /** Bytes of the device, transparently; `atMs` is when it sent them. */
  report(device: NbDevice, payload: Uint8Array, atMs: number): object;
  /** Null where the platform tells nothing of that step. */
  progress(device: NbDevice, commandId: number, status: Status, atMs: number): object | null;
}
