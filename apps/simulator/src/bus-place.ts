import type { SiteMeter } from './site.ts';

/** Which port of its gateway a meter hangs on, and its address on that bus: `2/17`, or `17` on the only port. */
export interface BusPlace {
  readonly port: string;
  readonly address: string;
}

export const ONLY_PORT = '1';

export function busPlaceOf({ busAddress }: Pick<SiteMeter, 'busAddress'>): BusPlace {
  const [port = ONLY_PORT, address] = busAddress.split('/');
  return address === undefined ? { port: ONLY_PORT, address: port } : { port, address };
}
