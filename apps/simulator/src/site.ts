import type { MeterKind } from '@openprepay/kernel';

/*
 * A site as plain JSON: what a market looks like before its first day. The server imports the same shape, the simulator
 * puts the devices of it on the wire.
 */

export interface Site {
  readonly market: SiteMarket;
  readonly nbProducts: readonly SiteNbProduct[];
  readonly gateways?: readonly SiteGateway[];
  readonly pricePlans: readonly SitePricePlan[];
  readonly buildings: readonly SiteBuilding[];
  readonly stalls: readonly SiteStall[];
  readonly accounts: readonly SiteAccount[];
}

export interface SiteMarket {
  readonly code: string;
  readonly name: string;
  readonly timeZone: string;
  readonly finalNoticeWaitS: number;
  readonly lowBalanceFen: number;
}

/** A product on a telecom operator's platform, with the keys both sides sign with. */
export interface SiteNbProduct {
  readonly platform: 'ctwing' | 'onenet';
  readonly productId: string;
  /** How its payloads are read; transparent CJ/T 188 where nothing is said. */
  readonly codec?: string;
  readonly baseUrl: string;
  readonly appKey: string;
  readonly appSecret: string;
  readonly masterKey: string;
  readonly pushToken: string;
  readonly allowedSources: readonly string[];
}

/** What stands between several meters and the server. */
export interface SiteGateway {
  readonly link: 'acrelgw' | 'dtu' | 'mqtt' | 'modbus_tcp';
  readonly linkKey: string;
  readonly name: string;
  readonly secret: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface SitePricePlan {
  readonly name: string;
  readonly kind: MeterKind;
  readonly marketDefault: boolean;
  readonly versions: readonly {
    /** RFC 3339, UTC. */
    readonly validFrom: string;
    /** Prices in yuan per kWh or m³, six decimals. */
    readonly rule: {
      readonly kind: 'flat';
      readonly parts: readonly { readonly name: string; readonly price: string }[];
    };
  }[];
}

export interface SiteBuilding {
  readonly name: string;
  readonly readingIntervalS: number;
  readonly settlementPeriod: 'each_reading' | 'daily' | 'weekly' | 'monthly';
}

export const STALL_TYPES = [
  'vegetables',
  'fruit',
  'meat',
  'poultry',
  'fish',
  'dry_goods',
  'cooked_food',
  'cold_store',
  'restaurant',
  'general',
] as const;
export type StallType = (typeof STALL_TYPES)[number];

export interface SiteStall {
  readonly code: string;
  readonly building: string;
  readonly stallType: StallType;
  /** Square metres, two decimals. */
  readonly areaM2: string;
  readonly protected: boolean;
  readonly meters: readonly SiteMeter[];
}

/**
 * `linkKey` and `busAddress` say how the meter is reached. acrel4g: the modem's serial (14 digits) and the Modbus unit;
 * acrelgw, dtu, mqtt, modbus_tcp: the gateway's key and the address on its bus, the port before it where it has several
 * (`2/17`); nb: `<product>/<device>` on the platform and the CJ/T 188 address (14 digits).
 */
export interface SiteMeter {
  readonly kind: MeterKind;
  readonly model: string;
  readonly serial: string;
  readonly ctRatio: number;
  readonly link: 'acrel4g' | 'acrelgw' | 'dtu' | 'mqtt' | 'modbus_tcp' | 'nb';
  readonly linkKey: string;
  readonly busAddress: string;
  readonly access?: Readonly<Record<string, string>>;
}

export interface SiteAccount {
  readonly number: string;
  readonly customerName: string;
  readonly phone: string | null;
  readonly creditLimitFen: number;
  readonly openingBalanceFen: number;
  /** Codes of its stalls. */
  readonly stalls: readonly string[];
}
