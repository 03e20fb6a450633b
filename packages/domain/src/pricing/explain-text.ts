import type { MeterKind } from '@openprepay/kernel';
import type { ExplainedCharge, ExplainedCorrection, Explanation } from './explain.ts';
import type { ExplainedProvisional, ExplainedTakeBack } from './explain-provisional.ts';

type Entry = ExplainedCharge | ExplainedCorrection | ExplainedProvisional;

/** The explanation as lines that can be followed with a pocket calculator. */
export function formatExplanation({ kind, timeZone, charges, use, total }: Explanation): string {
  const unit = UNIT[kind];
  const amounts = signedSum(charges.map(({ charge }) => charge));
  return [
    ...charges.flatMap((entry, index) => [`${index + 1}. ${titleOf(entry)}`, ...linesOf(entry, unit), '']),
    `Total: ${charges.length > 1 ? `${amounts} = ` : ''}${total} yuan for ${use} ${unit}. Times are those of ${timeZone}.`,
  ].join('\n');
}

const UNIT: Readonly<Record<MeterKind, string>> = { electricity: 'kWh', water: 'm³' };

function titleOf(entry: Entry | ExplainedTakeBack): string {
  if ('takesBack' in entry) return 'the provisional charges are taken back';
  if ('provisional' in entry) return `provisional, ${entry.provisional.from} to ${entry.provisional.to}`;
  return 'corrects' in entry ? `correction of ${entry.corrects.readAt}` : `${entry.from.readAt} to ${entry.to.readAt}`;
}

function linesOf(entry: Entry | ExplainedTakeBack, unit: string): string[] {
  if ('takesBack' in entry) return [line('charge', takeBackText(entry))];
  if ('provisional' in entry) return provisionalLines(entry, unit);
  return 'corrects' in entry ? correctionLines(entry, unit) : chargeLines(entry, unit);
}

function provisionalLines(entry: ExplainedProvisional, unit: string): string[] {
  const { days, lastDay, daysUse, elapsedMin, averageUse, usedBefore } = entry.provisional;
  const { roundedBefore, roundedAfter, charge, use } = entry;
  return [
    line('average', `of ${days} valid days, the last ${lastDay}: ${daysUse} ${unit}`),
    line('since reading', `${daysUse} × ${elapsedMin} min ÷ ${days} days of 1440 min → ${averageUse}`),
    line('use', `${averageUse} − ${usedBefore} = ${use} ${unit}`),
    line('price', priceLine(entry, unit)),
    ...useLines(entry),
    line('charge', `${roundedAfter} − ${roundedBefore} = ${charge} yuan`),
  ];
}

const takeBackText = ({ takesBack, charge }: ExplainedTakeBack) =>
  takesBack.length > 1 ? `${takesBack.join(' + ')} = ${unsigned(charge)} yuan back` : `${unsigned(charge)} yuan back`;

function chargeLines(charge: ExplainedCharge, unit: string): string[] {
  const { from, to, turn, use, division, roundedBefore, roundedAfter } = charge;
  const over = turn === null ? '' : ` + ${turn}`;
  return [
    line('readings', `${to.total}${over} − ${from.total} = ${use} ${unit}`),
    line('price', priceLine(charge, unit)),
    ...(division === null ? [] : [line(`by ${division.by}`, divisionText(division))]),
    ...useLines(charge),
    line('charge', `${roundedAfter} − ${roundedBefore} = ${charge.charge} yuan`),
  ];
}

function correctionLines(correction: ExplainedCorrection, unit: string): string[] {
  const { corrects, use, charge, roundedBefore, roundedAfter } = correction;
  const { said, truth } = corrects;
  const [more, less, word] = use.startsWith('-') ? [said, truth, 'much'] : [truth, said, 'little'];
  const [high, low, way] = charge.startsWith('-')
    ? [roundedBefore, roundedAfter, 'back']
    : [roundedAfter, roundedBefore, 'more'];
  return [
    line('readings', `said ${said}, is ${truth}: ${more} − ${less} = ${unsigned(use)} ${unit} too ${word}`),
    line('price', priceLine(correction, unit)),
    ...useLines(correction),
    line('charge', `${high} − ${low} = ${unsigned(charge)} yuan ${way}`),
  ];
}

function priceLine({ version, rule, billingPeriod, usedBefore }: Entry, unit: string): string {
  const steps = rule.startsWith('steps') ? `, ${usedBefore} ${unit} used in it before` : '';
  return `version ${version}, ${rule}; billing period ${billingPeriod}${steps}`;
}

function useLines({ uses, exactBefore, exactAfter, ...entry }: Entry): string[] {
  const standing = 'standing' in entry ? entry.standing : null;
  const costs = [...uses, ...(standing === null ? [] : [standing])].map(({ exact }) => exact);
  return [
    ...uses.map((one) => line(labelOf(one), `${unsigned(one.use)} × ${priceText(one)} = ${unsigned(one.exact)}`)),
    ...(standing === null ? [] : [line('days', `${standing.days} × ${standing.perDay} = ${standing.exact}`)]),
    line('exact sum', costs.length === 0 ? exactAfter : `${signedSum([exactBefore, ...costs])} = ${exactAfter}`),
  ];
}

const unsigned = (decimal: string) => decimal.replace(/^-/, '');

/** `5.80 − 0.15 + 0.20` */
const signedSum = ([first = '', ...rest]: readonly string[]) =>
  [first, ...rest.map((one) => (one.startsWith('-') ? `− ${unsigned(one)}` : `+ ${one}`))].join(' ');

const LABEL_WIDTH = 20;
const line = (label: string, text: string) => `   ${label.padEnd(LABEL_WIDTH)}${text}`;

const divisionText = ({ by, shares }: NonNullable<ExplainedCharge['division']>) =>
  shares.map(({ tariff, weight, use }) => `${tariff} ${weight}${by === 'time' ? ' min' : ''} → ${use}`).join(', ');

const labelOf = ({ step, tariff }: Entry['uses'][number]) =>
  [step === null ? null : `step ${step}`, tariff].filter((word) => word !== null).join(', ') || 'use';

const priceText = ({ unitPrice, parts }: Entry['uses'][number]) =>
  parts.length === 1 ? unitPrice : `(${parts.map(({ name, price }) => `${name} ${price}`).join(' + ')} = ${unitPrice})`;
