import { Comment, defineComponent, h, type PropType, type Slots, type VNode } from 'vue';
import { text } from '../locales/index.ts';
import type { PlacedColumn } from './columns.ts';

/** What a person does with a row. */
export interface RowActs {
  focus(index: number): void;
  click(event: MouseEvent, index: number): void;
  key(event: KeyboardEvent, index: number): void;
  toggle(index: number): void;
}

/**
 * Rows that come and go together, from `from` to before `to`. It is drawn again only when one of these is another, however
 * the list around it is scrolled. A function instead of a template: the cells are called as they are, where a slot that is
 * handed on would put a fragment into each.
 */
export const RowBlock = defineComponent({
  props: {
    name: { type: String, required: true },
    rows: { type: Array as PropType<readonly object[]>, required: true },
    from: { type: Number, required: true },
    to: { type: Number, required: true },
    shown: { type: Array as PropType<readonly PlacedColumn[]>, required: true },
    rowKey: { type: Function as PropType<(row: object) => string>, required: true },
    cells: { type: Object as PropType<Slots>, required: true },
    /** Where each row says which of all it is, as most of them are not there. */
    isNumbered: Boolean,
    opens: Boolean,
    selectable: Boolean,
    /** The row that is reached by the Tab key, if it is one of these. */
    tabbable: { type: Number as PropType<number | null>, default: null },
    /** A letter for each row: `1` where it is chosen. */
    chosen: { type: String, default: '' },
    acts: { type: Object as PropType<RowActs>, required: true },
  },
  setup: (props) => () =>
    h(
      'tbody',
      props.rows.slice(props.from, props.to).map((row, at) => {
        const index = props.from + at;
        const isChosen = props.chosen[at] === '1';
        const { acts } = props;
        return h(
          'tr',
          {
            key: props.rowKey(row),
            'data-testid': `${props.name}-row`,
            'data-index': index,
            'aria-rowindex': props.isNumbered ? index + 2 : undefined,
            class: rowClass(props.opens, isChosen),
            tabindex: props.opens || props.selectable ? (index === props.tabbable ? 0 : -1) : undefined,
            onFocus: () => acts.focus(index),
            onClick: (event: MouseEvent) => acts.click(event, index),
            onKeydown: (event: KeyboardEvent) => acts.key(event, index),
          },
          [
            props.selectable ? tickCell(index, isChosen, acts) : null,
            ...props.shown.map((column) => cell(column, props.cells[column.key]?.({ row }))),
          ],
        );
      }),
    ),
});

const rowClass = (opens: boolean, chosen: boolean): string | undefined =>
  [opens ? 'opens' : '', chosen ? 'chosen' : ''].filter(Boolean).join(' ') || undefined;

const tickCell = (index: number, checked: boolean, acts: RowActs): VNode =>
  h('td', { key: 'tick', class: 'tick' }, [
    h('input', {
      type: 'checkbox',
      tabindex: -1,
      'data-testid': 'choose-row',
      'aria-label': text('list.chooseRow', { row: index + 1 }),
      checked,
      onChange: () => acts.toggle(index),
    }),
  ]);

/** On a phone, where each cell has a line of its own, a row says only what there is. */
export const saysNothing = (content: readonly unknown[] | undefined): boolean =>
  (content ?? []).every((one) => {
    const { type, children } = one as VNode;
    if (type === Comment) return true;
    if (typeof children === 'string') return ['', text('common.none')].includes(children.trim());
    return Array.isArray(children) && saysNothing(children);
  });

function cell({ key, label, number, fixed, widthPx }: PlacedColumn, content: VNode[] | undefined): VNode {
  const classes = [number ? 'end number' : '', widthPx === null ? '' : 'sized', saysNothing(content) ? 'none' : '']
    .filter(Boolean)
    .join(' ');
  return h(
    'td',
    {
      key,
      class: classes || undefined,
      style: widthPx === null ? undefined : `--w: ${widthPx}px`,
      'data-label': fixed ? undefined : label,
    },
    [h('div', { class: 'cell' }, content)],
  );
}
