import { computed, ref } from 'vue';
import { recall, recallAny, remember } from '../ui/memory.ts';

/** What the counter's printer holds. A roll is as long as what is on it. */
export const PAPERS = {
  roll58: { widthMm: 58, heightMm: null },
  roll80: { widthMm: 80, heightMm: null },
  a5: { widthMm: 210, heightMm: 148 },
  form241: { widthMm: 241, heightMm: 93 },
} as const satisfies Record<string, { widthMm: number; heightMm: number | null }>;
export type Paper = keyof typeof PAPERS;
export const PAPER_NAMES = Object.keys(PAPERS) as Paper[];

export type ReceiptPart = 'stub' | 'customer' | 'finance';
/** The form of three parts says for whom each is; on any other paper there is one, for the customer. */
export const partsOf = (paper: Paper): readonly ReceiptPart[] =>
  paper === 'form241' ? ['stub', 'customer', 'finance'] : ['customer'];

export const MAX_OFFSET_MM = 20;
const clamped = (value: number) => Math.max(-MAX_OFFSET_MM, Math.min(MAX_OFFSET_MM, Math.round(value) || 0));

/** What this browser prints on, `none` where there is no printer, and how far everything is moved. It remembers both. */
const chosen = ref<Paper | 'none'>(recall('paper', [...PAPER_NAMES, 'none']) ?? 'roll80');
export const paper = computed({
  get: () => chosen.value,
  set: (to) => {
    chosen.value = to;
    remember('paper', to);
  },
});

const [left = '0', top = '0'] = recallAny('paper.offset')?.split(',') ?? [];
const moved = ref({ leftMm: clamped(Number(left)), topMm: clamped(Number(top)) });
export const offset = computed({
  get: () => moved.value,
  set: ({ leftMm, topMm }) => {
    moved.value = { leftMm: clamped(leftMm), topMm: clamped(topMm) };
    remember('paper.offset', `${moved.value.leftMm},${moved.value.topMm}`);
  },
});
