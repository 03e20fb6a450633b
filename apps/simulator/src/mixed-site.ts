import { firstSite, type NbSecrets } from './first-site.ts';
import { drawHex } from './random.ts';
import type { Site, SiteGateway, SiteMeter, SiteNbProduct, SiteStall } from './site.ts';

export interface MixedSiteOptions {
  readonly seed: number;
  /** Of CTWing; what the other links need follows from the seed. */
  readonly secrets: NbSecrets;
  /** Origin of the NB platform's northbound API. */
  readonly nbBaseUrl: string;
  /** Meters on the line behind the DTU. */
  readonly busMeters?: number;
  /** Where the Modbus TCP gateway listens. */
  readonly modbusTcpPort?: number;
}

const BUS_METERS = 64;
const MODBUS_TCP_PORT = 7779;
/** Stalls of each other kind. */
const STALLS = { acrel4g: 8, acrelgw: 8, mqttHw: 4, mqttIot: 4, modbusTcp: 4 } as const;
const ONENET_PRODUCT = '301774';
const ONENET_KEY_BYTES = 32;
const PASSWORD = { password: '02123456', operator: '00000001' };

/** Keys of the gateways, for whoever pulls their plugs. */
export const MIXED_LINKS = {
  dtu: '860803026070001',
  acrelgw: 'GW26070001',
  mqttHw: 'HW26070001',
  mqttIot: 'IOT26070001',
  ctwing: '15090417',
  onenet: ONENET_PRODUCT,
} as const;

type Wire = (meter: SiteMeter, nth: number) => SiteMeter;

/**
 * A market with every kind of link: direct 4G, a DTU with 64 meters of three protocols on its line, an Acrel gateway, MQTT
 * gateways of both families, a Modbus TCP gateway, and water on CTWing and OneNET. The stalls, prices and accounts are those of
 * the first site. The same for the same seed.
 */
export function mixedSite(options: MixedSiteOptions): Site {
  const { seed, busMeters = BUS_METERS, modbusTcpPort = MODBUS_TCP_PORT } = options;
  const modbusTcp = `127.0.0.1:${modbusTcpPort}`;
  const share: readonly (readonly [number, Wire])[] = [
    [busMeters, onDtu(seed)],
    [STALLS.acrel4g, (meter) => meter],
    [STALLS.acrelgw, onPorts('acrelgw', MIXED_LINKS.acrelgw)],
    [STALLS.mqttHw, atBroker(MIXED_LINKS.mqttHw)],
    [STALLS.mqttIot, atBroker(MIXED_LINKS.mqttIot)],
    [STALLS.modbusTcp, (meter, nth) => modbus(meter, 'modbus_tcp', modbusTcp, String(nth + 1))],
  ];
  const wires = share.flatMap(([count, wire]) => Array.from({ length: count }, (_, nth) => ({ wire, nth })));
  const site = firstSite({ ...options, stalls: wires.length });
  return {
    ...site,
    nbProducts: [...site.nbProducts, onenetProduct(seed, options.nbBaseUrl, site.nbProducts[0]?.allowedSources ?? [])],
    gateways: gatewaysOf(seed, modbusTcp),
    stalls: site.stalls.map((stall, i) => rewired(stall, i, wires[i] ?? { wire: (meter) => meter, nth: i })),
  };
}

/** The electricity meter on its wire, and every other water meter on OneNET. */
function rewired(stall: SiteStall, index: number, { wire, nth }: { wire: Wire; nth: number }): SiteStall {
  const meters = stall.meters.map((meter) => {
    if (meter.kind === 'electricity') return wire(meter, nth);
    const imei = `86080301${String(index).padStart(7, '0')}`;
    return index % 2 === 0 ? meter : { ...meter, linkKey: `${ONENET_PRODUCT}/${imei}` };
  });
  return { ...stall, meters };
}

/** Of eight meters on the line five speak DL/T 645, one of them the edition of 1997, and three Modbus. */
const onDtu =
  (seed: number): Wire =>
  (meter, nth) => {
    const kind = nth % 8;
    if (kind >= 5) return modbus(meter, 'dtu', MIXED_LINKS.dtu, String(nth + 1), kind === 7 ? 'DTSD1352' : meter.model);
    const number = `2607${String(seed % 1000).padStart(3, '0')}${String(nth + 1).padStart(5, '0')}`;
    const threePhase = meter.model.startsWith('DTSY');
    const model = kind === 4 ? 'DDS-645-97' : threePhase ? 'DTZY-645' : 'DDZY-645';
    const wired = { model, serial: number, link: 'dtu', linkKey: MIXED_LINKS.dtu, busAddress: number } as const;
    return { ...meter, ...wired, access: { ...PASSWORD, unverified: 'allowed' } };
  };

/** Two ports of a gateway, by turns. What it reports by itself was compared with the meters. */
const onPorts =
  (link: 'acrelgw', linkKey: string): Wire =>
  (meter, nth) => ({
    ...modbus(meter, link, linkKey, `${(nth % 2) + 1}/${Math.floor(nth / 2) + 1}`),
    access: { unverified: 'allowed' },
  });

/** Under the serial that the device calls the meter by. */
const atBroker =
  (linkKey: string): Wire =>
  (meter, nth) => ({
    ...modbus(meter, 'mqtt', linkKey, `${linkKey}${nth + 1}/${nth + 1}`),
    access: { unverified: 'allowed' },
  });

const modbus = (
  meter: SiteMeter,
  link: SiteMeter['link'],
  linkKey: string,
  busAddress: string,
  model = meter.model,
): SiteMeter => ({ ...meter, model, link, linkKey, busAddress });

function onenetProduct(seed: number, baseUrl: string, allowedSources: readonly string[]): SiteNbProduct {
  const key = Buffer.from(drawHex(2 * ONENET_KEY_BYTES, seed, 'onenet key'), 'hex').toString('base64');
  return {
    platform: 'onenet',
    productId: ONENET_PRODUCT,
    baseUrl,
    appKey: `products/${ONENET_PRODUCT}`,
    appSecret: key,
    masterKey: '',
    pushToken: drawHex(32, seed, 'onenet token'),
    allowedSources,
  };
}

function gatewaysOf(seed: number, modbusTcp: string): SiteGateway[] {
  const secret = (key: string) => drawHex(16, seed, key, 'secret');
  const { dtu, acrelgw, mqttHw, mqttIot } = MIXED_LINKS;
  return [
    { link: 'dtu', linkKey: dtu, name: '一号楼总线', secret: null, settings: { heartbeats: ['fe01fe01'] } },
    { link: 'acrelgw', linkKey: acrelgw, name: '二号楼网关', secret: secret(acrelgw), settings: {} },
    { link: 'mqtt', linkKey: mqttHw, name: '三号楼网关', secret: secret(mqttHw), settings: {} },
    {
      link: 'mqtt',
      linkKey: mqttIot,
      name: '四号楼网关',
      secret: secret(mqttIot),
      settings: { productKey: 'ddsy1352' },
    },
    { link: 'modbus_tcp', linkKey: modbusTcp, name: '五号楼网关', secret: null, settings: {} },
  ];
}
