import { encodeUp } from '@openprepay/protocols/acrel4g';
import { encodeLiveBlock, type LiveBlock } from '@openprepay/protocols/acrel1352';
import { encodeData, encodeFrame, frameOfReply } from '@openprepay/protocols/dlt645';
import { encodeReply } from '@openprepay/protocols/modbus';

const FRAMES = 512;
const frames = (make: (at: number) => Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: FRAMES }, (_, at) => make(at));

/** A stall's three-phase meter in the afternoon. */
function liveBlock(at: number): LiveBlock {
  const energy = (share: bigint) => (BigInt(at) * 7_310n + share) * 10n;
  return {
    modelCode: 5,
    phases: 3,
    voltageDeciV: [2301 + (at % 40), 2287, 2310],
    currentCentiA: [412 + (at % 500), 398, 7],
    powerW: [947, 910 + (at % 300), 15],
    totalPowerW: 1872,
    reactivePowerVar: [120, -35, 2],
    totalReactivePowerVar: 87,
    powerFactorMilli: [991, 987, 950],
    totalPowerFactorMilli: 989,
    ct: 1,
    pt: 1,
    totalWh: energy(90_000n),
    baseWh: 0n,
    tariffsWh: { sharp: energy(1n), peak: energy(2n), flat: energy(3n), valley: energy(4n), deepValley: null },
    remainingFen: BigInt(at * 31),
    purchaseCount: at % 100,
    loadTrips: 0,
    loadTripsAllowed: 3,
    relay: { l1: true, l2: true, l3: true },
    switchState: 'on',
    forced: true,
    prepaid: false,
    fault: false,
    arrears: false,
    overLimit: false,
    alarm1: false,
    alarm2: false,
    loadControl: false,
    timeControl: false,
    maxDemandW: 3120,
    clock: { year: 2026, month: 10, day: 12, hour: 15, minute: at % 60, second: 7, weekday: 1 },
  };
}

const HEADER = Uint8Array.of(1, 3, 96);

/** What a 4G meter pushes every half hour. */
export const ACREL_FRAMES = frames((at) => {
  const modbus = new Uint8Array(99);
  modbus.set(HEADER);
  modbus.set(encodeLiveBlock(liveBlock(at)), 3);
  return encodeUp({ kind: 'data', serial: '12307210720085', sections: [{ address: '1', modbus }] });
});

/** Total and four tariffs, the reply that every sweep asks for. */
export const DLT645_FRAMES = frames((at) => {
  const values = [90_000n, 1n, 2n, 3n, 4n].map((value) => value + BigInt(at) * 7_310n);
  const data = encodeData('2007', '0001FF00', values);
  const address = String(201_000_000_012 + at);
  return encodeFrame(frameOfReply({ edition: '2007', address, kind: 'data', dataId: '0001FF00', data, more: false }));
});

/** The live block as it is read over RTU. */
export const MODBUS_FRAMES = frames((at) =>
  encodeReply({ kind: 'read', unit: 1 + (at % 200), data: encodeLiveBlock(liveBlock(at)) }),
);
