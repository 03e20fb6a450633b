import { formatDecimal } from '@openprepay/kernel';
import { decodeLiveBlock, type LiveBlock } from '../acrel1352/live-block.ts';
import { formatWallClock } from '../wall-clock.ts';
import { type DescribedValue, type Description, describe, measured } from './description.ts';

/** @param data the 96 or 144 bytes of registers from 0200 on */
export function describeLiveBlock(data: Uint8Array): Description {
  const block = decodeLiveBlock(data);
  const relay = block.switchState === 'on' ? 'closed' : block.switchState === 'off' ? 'open' : 'phases differ';
  return describe('acrel1352', `live block, ${kwh(block.totalWh)} kWh, relay ${relay}`, {
    modelCode: block.modelCode,
    model: { 5: 'DTSY1352', 7: 'DDSY1352', 10: 'ADF300' }[block.modelCode] ?? 'unknown',
    phases: block.phases,
    ct: block.ct,
    pt: block.pt,
    note: 'all values are before CT and PT',
    ...electrical(block),
    ...energy(block),
    remaining: measured(formatDecimal(block.remainingFen, 2), 'yuan'),
    purchaseCount: block.purchaseCount,
    loadTrips: block.loadTrips,
    loadTripsAllowed: block.loadTripsAllowed,
    switchState: block.switchState,
    relay: { l1: relayWord(block.relay.l1), l2: relayWord(block.relay.l2), l3: relayWord(block.relay.l3) },
    forced: block.forced,
    prepaid: block.prepaid,
    arrears: block.arrears,
    overLimit: block.overLimit,
    alarm1: block.alarm1,
    alarm2: block.alarm2,
    loadControl: block.loadControl,
    timeControl: block.timeControl,
    fault: block.fault,
    clock: block.clock && formatWallClock(block.clock),
  });
}

function electrical(block: LiveBlock) {
  const each = (values: readonly number[], decimals: number, unit: string): DescribedValue =>
    values.slice(0, block.phases).map((value) => measured(formatDecimal(BigInt(value), decimals), unit));
  return {
    voltage: each(block.voltageDeciV, 1, 'V'),
    current: each(block.currentCentiA, 2, 'A'),
    power: each(block.powerW, 3, 'kW'),
    totalPower: measured(formatDecimal(BigInt(block.totalPowerW), 3), 'kW'),
    totalReactivePower: measured(formatDecimal(BigInt(block.totalReactivePowerVar), 3), 'kvar'),
    totalPowerFactor: formatDecimal(BigInt(block.totalPowerFactorMilli), 3),
    maxDemand: measured(formatDecimal(BigInt(block.maxDemandW), 3), 'kW'),
  };
}

function energy({ totalWh, baseWh, tariffsWh }: LiveBlock) {
  const { sharp, peak, flat, valley, deepValley } = tariffsWh;
  return {
    total: measured(kwh(totalWh), 'kWh'),
    sharp: measured(kwh(sharp), 'kWh'),
    peak: measured(kwh(peak), 'kWh'),
    flat: measured(kwh(flat), 'kWh'),
    valley: measured(kwh(valley), 'kWh'),
    deepValley: deepValley === null ? null : measured(kwh(deepValley), 'kWh'),
    base: measured(kwh(baseWh), 'kWh'),
  };
}

/** The register's own two decimals. */
const kwh = (energyWh: bigint): string => formatDecimal(energyWh / 10n, 2);

const relayWord = (closed: boolean): string => (closed ? 'closed' : 'open');
