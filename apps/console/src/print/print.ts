import { type Component, nextTick, shallowRef } from 'vue';
import { PAPERS, type Paper, paper } from './paper.ts';

const MM_PER_PX = 25.4 / 96;

export interface PrintJob {
  readonly component: Component;
  /** Beside these it is given its `paper`. */
  readonly props: Readonly<Record<string, unknown>>;
  readonly paper: Paper;
}

/** What is on paper just now, instead of the page. */
export const printing = shallowRef<PrintJob | null>(null);
/** How long the roll gets; measured once it is set. */
export const rollHeightMm = shallowRef<number | null>(null);

/**
 * Puts a document on the paper that was chosen and opens the print dialog; where there is no printer, nothing happens. The
 * focus stays where it is, so that the next customer can be served.
 */
export async function print(component: Component, props: PrintJob['props']): Promise<void> {
  if (paper.value === 'none') return;
  const { heightMm } = PAPERS[paper.value];
  rollHeightMm.value = heightMm;
  printing.value = { component, props, paper: paper.value };
  await nextTick();
  if (heightMm === null) {
    const sheet = document.querySelector('.print-root > .sheet');
    rollHeightMm.value = sheet ? Math.ceil(sheet.getBoundingClientRect().height * MM_PER_PX) + 1 : null;
    await nextTick();
  }
  window.print();
}

export function donePrinting(): void {
  printing.value = null;
}
