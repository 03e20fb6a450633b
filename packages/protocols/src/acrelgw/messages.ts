import type { ZonedParts } from '@openprepay/kernel';

/** Who a gateway says it is; the building is often empty, and in a heartbeat both may be. */
export interface GwIdentity {
  readonly buildingId: string;
  readonly gatewayId: string;
}

/** One value of a meter in a report, under the function id that is configured on the gateway. */
export interface GwFunction {
  readonly id: string;
  /** As sent; empty where the gateway got none from the meter. */
  readonly value: string;
  /** The gateway's own word that it could not read this value; null when it says nothing of the kind. */
  readonly error: string | null;
}

export interface GwMeter {
  readonly id: string;
  readonly functions: readonly GwFunction[];
}

/** Bytes for, or from, a meter behind the gateway, as they stand on its line: an RTU frame with its CRC, a 645 frame. */
export interface GwTransparent {
  readonly kind: 'transparent';
  /** 0–99; the gateway's own number of its serial port. */
  readonly port: number;
  /** 0–999. */
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What a gateway says. */
export type GwUp =
  | ({ readonly kind: 'auth_request' } & GwIdentity)
  | ({ readonly kind: 'auth_answer'; readonly md5: string } & GwIdentity)
  | ({ readonly kind: 'heartbeat' } & GwIdentity)
  | ({
      readonly kind: 'report';
      /** The gateway's wall clock when it read; null where it sends none that exists. */
      readonly local: ZonedParts | null;
      readonly meters: readonly GwMeter[];
      /** Whether it came as zlib data (type 04). */
      readonly zipped: boolean;
    } & GwIdentity)
  | GwTransparent
  /** An unknown type is no error, so that newer firmware can be seen and recorded. */
  | { readonly kind: 'other'; readonly type: number; readonly data: Uint8Array };

/** What the server says. */
export type GwDown =
  | ({ readonly kind: 'auth_sequence'; readonly sequence: string } & GwIdentity)
  | ({ readonly kind: 'auth_result'; readonly passed: boolean } & GwIdentity)
  | ({ readonly kind: 'heartbeat_time'; readonly local: ZonedParts } & GwIdentity)
  | GwTransparent;
