import {
  bits,
  type DataIdEntry,
  digits,
  energy,
  type Format,
  list,
  MINUTE,
  number,
  record,
  rows,
  SECOND,
  time,
} from '../format.ts';

const COUNT = number(3, 0);
const MINUTES = number(3, 0, 'min');
const TALLY = record(['count', COUNT], ['minutes', MINUTES]);
const PHASE_TALLIES = record(
  ['countA', COUNT],
  ['minutesA', MINUTES],
  ['countB', COUNT],
  ['minutesB', MINUTES],
  ['countC', COUNT],
  ['minutesC', MINUTES],
);
const SPAN = record(['begin', SECOND], ['end', SECOND]);
/** Who did it and when; the operator is the code that the command carried. */
const DEED = [
  ['time', SECOND],
  ['operator', digits(4)],
] as const;
const COVER = record(['begin', SECOND], ['end', SECOND], ['energies', list(energy(''))]);

/** Events whose 000000 is, for each phase, how often and how long. */
const OF_PHASES: readonly (readonly [di2: string, name: string])[] = [
  ['01', 'voltage loss'],
  ['02', 'under-voltage'],
  ['03', 'over-voltage'],
  ['04', 'phase failure'],
  ['0B', 'current loss'],
  ['0C', 'over-current'],
  ['0D', 'current break'],
  ['0E', 'reverse flow'],
  ['0F', 'overload'],
];

/** Events of the meter as a whole: how often and how long. */
const OF_METER: readonly (readonly [di2: string, name: string])[] = [
  ['05', 'loss of all voltages'],
  ['06', 'auxiliary supply loss'],
  ['07', 'voltage sequence reversed'],
  ['08', 'current sequence reversed'],
  ['09', 'voltage unbalance'],
  ['0A', 'current unbalance'],
];

/** Deeds on the meter: DI1, name, what the record holds after time and operator. */
const DEEDS: readonly (readonly [di1: string, name: string, Format])[] = [
  ['00', 'programming', record(...DEED, ['dataIds', list(digits(4))])],
  ['01', 'meter clearing', record(...DEED, ['energies', list(energy(''))])],
  ['02', 'demand clearing', record(...DEED, ['demands', list(record(['demand', number(3, 4)], ['time', MINUTE]))])],
  ['03', 'event clearing', record(...DEED, ['dataId', digits(4)])],
  ['04', 'clock setting', record(['operator', digits(4)], ['before', SECOND], ['after', SECOND])],
  ['05', 'day table programming', record(...DEED, ['slots', list(time('hhmmNN'))])],
  ['06', 'year zone programming', record(...DEED, ['zones', list(time('MMDDNN'))])],
  ['07', 'weekend programming', record(...DEED, ['dayTable', number(1, 0)])],
  ['08', 'holiday programming', record(...DEED, ['holidays', list(time('YYMMDDNN'))])],
  ['09', 'active combination programming', record(...DEED, ['before', bits(1)])],
  ['0A', 'reactive combination 1 programming', record(...DEED, ['before', bits(1)])],
  ['0B', 'reactive combination 2 programming', record(...DEED, ['before', bits(1)])],
  ['0C', 'settlement day programming', record(...DEED, ['before', list(time('DDhh'))])],
  ['0D', 'meter cover opening', COVER],
  ['0E', 'terminal cover opening', COVER],
];

/** Purchases of DI2 = 32 are in energy, of DI2 = 33 in money. */
const purchases = (di2: string, what: string, amount: Format) =>
  [
    [`03${di2}01nn`, 'purchase time', MINUTE],
    [`03${di2}02nn`, 'purchase count', number(2, 0)],
    [`03${di2}03nn`, `purchased ${what}`, amount],
    [`03${di2}04nn`, `remaining ${what} before purchase`, amount],
    [`03${di2}05nn`, `remaining ${what} after purchase`, amount],
    [`03${di2}06nn`, `purchased ${what} in total`, amount],
  ] as const;

const SWITCHING = record(...DEED, ['energies', list(energy(''))]);

/** DI3 = 03, and 1D and 1E for the relay. */
export const EVENT_IDS: readonly DataIdEntry[] = [
  ...rows(
    'single',
    'A.4',
    OF_PHASES.map(([di2, name]) => [`03${di2}0000`, `${name}, count and duration`, PHASE_TALLIES]),
  ),
  ...rows(
    'single',
    'A.4',
    OF_METER.map(([di2, name]) => [`03${di2}0000`, `${name}, count and duration`, TALLY]),
  ),
  ...rows('single', 'A.4', [
    ['03110000', 'power failure count', COUNT],
    ['031100nn', 'power failure', SPAN],
    ['03120000', 'demand over limit, counts', list(COUNT)],
  ]),
  ...rows(
    'single',
    'A.4',
    DEEDS.flatMap(([di1, name, format]) => [
      [`0330${di1}00`, `${name} count`, COUNT] as const,
      [`0330${di1}nn`, name, format] as const,
    ]),
  ),
  ...rows('known', 'prepay', [
    ...purchases('32', 'energy', energy()),
    ...purchases('33', 'amount', number(4, 2, 'yuan')),
  ]),
  ...rows('recorded', 'prepay', [['1D000001', 'trip count', COUNT]]),
  ...rows('known', 'prepay', [
    ['1D0001nn', 'trip', SWITCHING],
    ['1E000001', 'close count', COUNT],
    ['1E0001nn', 'close', SWITCHING],
  ]),
];
