import { BROADCAST_ADDRESS, WILDCARD_ADDRESS } from './address.ts';
import type { Authority, Password } from './authority.ts';
import type { Edition } from './frame.ts';
import type { RelayOrder } from './relay.ts';

/** What is asked of a meter. Times are digits, laid out as the comment says. */
export type RequestBody =
  | {
      readonly kind: 'read';
      readonly dataId: string;
      /** Load records only: how many blocks, from when on (`YYMMDDhhmm`). */
      readonly blocks: number | null;
      readonly since: string | null;
    }
  /** `sequence` 1 to 255; null in 1997, which has none. */
  | { readonly kind: 'read_more'; readonly dataId: string; readonly sequence: number | null }
  | { readonly kind: 'read_address' }
  | { readonly kind: 'write'; readonly dataId: string; readonly authority: Authority; readonly data: Uint8Array }
  | { readonly kind: 'write_address'; readonly newAddress: string }
  /** `YYMMDDhhmmss`. Meters take it once a day, and only within five minutes of their own time. */
  | { readonly kind: 'set_time'; readonly time: string }
  /** `MMDDhhmm`; 99 is any: 99999999 at once, 99DDhhmm monthly, 9999hhmm daily, 999999mm hourly. */
  | { readonly kind: 'freeze'; readonly at: string }
  | { readonly kind: 'set_baud'; readonly baud: number }
  /** `dataId` names the level whose password it is; null in 1997. */
  | {
      readonly kind: 'set_password';
      readonly dataId: string | null;
      readonly old: Password;
      readonly next: Password;
    }
  | { readonly kind: 'clear_demand'; readonly authority: Authority }
  | { readonly kind: 'clear_meter'; readonly authority: Authority }
  | { readonly kind: 'clear_events'; readonly authority: Authority; readonly dataId: string }
  | { readonly kind: 'control'; readonly authority: Authority; readonly order: RelayOrder }
  /** The order as the security chip of level 98 or 99 sealed it. */
  | { readonly kind: 'control_sealed'; readonly authority: Authority; readonly sealed: Uint8Array }
  | { readonly kind: 'set_terminal'; readonly signal: number }
  | { readonly kind: 'authenticate'; readonly dataId: string; readonly data: Uint8Array };

export type Dlt645Request = { readonly edition: Edition; readonly address: string } & RequestBody;

export const readRequest = (address: string, dataId: string, edition: Edition = '2007'): Dlt645Request => ({
  edition,
  address,
  kind: 'read',
  dataId,
  blocks: null,
  since: null,
});

/** For a line with one meter; it answers with its own address. */
export const readAddressRequest = (): Dlt645Request => ({
  edition: '2007',
  address: WILDCARD_ADDRESS,
  kind: 'read_address',
});

/** @param time `YYMMDDhhmmss`, the wall clock where the meters are */
export const broadcastTime = (time: string): Dlt645Request => ({
  edition: '2007',
  address: BROADCAST_ADDRESS,
  kind: 'set_time',
  time,
});

/** An acknowledged order is no proof: only the run status (04000503) shows where the relay is. */
export const relayRequest = (address: string, authority: Authority, order: RelayOrder): Dlt645Request => ({
  edition: '2007',
  address,
  kind: 'control',
  authority,
  order,
});
