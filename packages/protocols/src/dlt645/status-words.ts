/**
 * One field of a status word. Bits that nobody names are reserved.
 * `meanings[value]` says it in words.
 */
export interface StatusField {
  readonly bit: number;
  readonly width: number;
  readonly name: string;
  readonly meanings: readonly string[];
}

const field = (bit: number, name: string, ...meanings: readonly string[]): StatusField => ({
  bit,
  width: meanings.length > 2 ? 2 : 1,
  name,
  meanings,
});
const flag = (bit: number, name: string) => field(bit, name, 'no', 'yes');

const PHASE_FIELDS: readonly StatusField[] = [
  flag(0, 'voltageLoss'),
  flag(1, 'underVoltage'),
  flag(2, 'overVoltage'),
  flag(3, 'currentLoss'),
  flag(4, 'overCurrent'),
  flag(5, 'overload'),
  flag(6, 'reverseFlow'),
  flag(7, 'phaseFailure'),
  flag(8, 'currentBreak'),
];

/**
 * 04000501 to 04000507. Word 3 is recorded with its relay bits; words 1, 2 and 7 are common knowledge of DL/T 645-2007,
 * appendix C, and not seen in a recorded frame.
 */
export const STATUS_WORDS = {
  1: [
    field(1, 'demandMode', 'sliding', 'interval'),
    field(2, 'clockBattery', 'good', 'low'),
    field(3, 'readingBattery', 'good', 'low'),
    field(4, 'activePowerDirection', 'forward', 'reverse'),
    field(5, 'reactivePowerDirection', 'forward', 'reverse'),
  ],
  2: [
    field(0, 'activePowerDirectionA', 'forward', 'reverse'),
    field(1, 'activePowerDirectionB', 'forward', 'reverse'),
    field(2, 'activePowerDirectionC', 'forward', 'reverse'),
    field(4, 'reactivePowerDirectionA', 'forward', 'reverse'),
    field(5, 'reactivePowerDirectionB', 'forward', 'reverse'),
    field(6, 'reactivePowerDirectionC', 'forward', 'reverse'),
  ],
  3: [
    field(0, 'dayTableSet', 'first', 'second'),
    field(1, 'supply', 'main', 'auxiliary', 'battery', 'reserved'),
    flag(3, 'programmingAllowed'),
    field(4, 'relay', 'closed', 'open'),
    field(5, 'yearZoneSet', 'first', 'second'),
    field(6, 'relayOrder', 'close', 'open'),
    flag(7, 'preTripAlarm'),
    field(8, 'meterType', 'not prepaid', 'prepaid by energy', 'prepaid by money', 'reserved'),
    field(10, 'tariffPriceSet', 'first', 'second'),
    field(11, 'stepSet', 'first', 'second'),
    flag(12, 'keepPower'),
    field(13, 'authentication', 'not valid', 'valid'),
    flag(14, 'localAccountOpened'),
    flag(15, 'remoteAccountOpened'),
  ],
  4: PHASE_FIELDS,
  5: PHASE_FIELDS,
  6: PHASE_FIELDS,
  7: [
    flag(0, 'voltageSequenceReversed'),
    flag(1, 'currentSequenceReversed'),
    flag(2, 'voltageUnbalance'),
    flag(3, 'currentUnbalance'),
    flag(4, 'auxiliarySupplyLoss'),
    flag(5, 'powerDown'),
    flag(6, 'demandOverLimit'),
    flag(7, 'powerFactorUnderLimit'),
  ],
} as const satisfies Readonly<Record<number, readonly StatusField[]>>;

export type StatusWordNumber = keyof typeof STATUS_WORDS;

const fieldOf = ({ bit, width }: StatusField, word: number): number => (word >> bit) & ((1 << width) - 1);

/** Every named field in words. @param word 16 bits, as the low-first bytes give them */
export function describeStatusWord(number: StatusWordNumber, word: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    STATUS_WORDS[number].map((one) => [one.name, one.meanings[fieldOf(one, word)] ?? 'reserved']),
  );
}

/** What word 3 says of supply and prepayment. */
export interface RunStatus {
  /**
   * The relay itself, as the meter sees it. `fault` where it is not what was ordered: a broken relay, or one that was
   * allowed to close and waits for its button.
   */
  readonly switchState: 'on' | 'off' | 'fault';
  readonly relayOpen: boolean;
  readonly relayOrderedOpen: boolean;
  readonly preTripAlarm: boolean;
  readonly keepPower: boolean;
  readonly prepayment: 'none' | 'energy' | 'money' | 'reserved';
}

const PREPAYMENTS = ['none', 'energy', 'money', 'reserved'] as const;
const WORD_3 = { relayOpen: 1 << 4, relayOrderedOpen: 1 << 6, preTripAlarm: 1 << 7, keepPower: 1 << 12 } as const;
const METER_TYPE_BIT = 8;

/** @param word the value of 04000503 */
export function decodeRunStatus(word: number): RunStatus {
  const has = (bit: number) => (word & bit) !== 0;
  const relayOpen = has(WORD_3.relayOpen);
  const relayOrderedOpen = has(WORD_3.relayOrderedOpen);
  return {
    switchState: relayOpen === relayOrderedOpen ? (relayOpen ? 'off' : 'on') : 'fault',
    relayOpen,
    relayOrderedOpen,
    preTripAlarm: has(WORD_3.preTripAlarm),
    keepPower: has(WORD_3.keepPower),
    prepayment: PREPAYMENTS[(word >> METER_TYPE_BIT) & 0b11] ?? 'reserved',
  };
}

/** Word 3 with these fields, and zero in all others. */
export function encodeRunStatus(status: Omit<RunStatus, 'switchState'>): number {
  const bit = (name: keyof typeof WORD_3) => (status[name] ? WORD_3[name] : 0);
  return (
    bit('relayOpen') |
    bit('relayOrderedOpen') |
    bit('preTripAlarm') |
    bit('keepPower') |
    (PREPAYMENTS.indexOf(status.prepayment) << METER_TYPE_BIT)
  );
}
