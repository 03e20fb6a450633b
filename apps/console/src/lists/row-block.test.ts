import { expect, test } from 'vitest';
import { createCommentVNode, createTextVNode, Fragment, h } from 'vue';
import { text } from '../locales/index.ts';
import { saysNothing } from './row-block.ts';

const none = text('common.none');

test.each([
  ['nothing', undefined],
  ['a dash', [createTextVNode(none)]],
  ['a dash in a mark', [h('small', none)]],
  ['what is not shown', [createCommentVNode('v-if')]],
  ['a part with a dash', [h(Fragment, [createTextVNode(none), createCommentVNode()])]],
])('a cell with %s says nothing', (_, content) => {
  expect(saysNothing(content)).toBe(true);
});

test.each([
  ['words', [createTextVNode('A-001')]],
  ['zero', [createTextVNode('0')]],
  ['a sign', [h({ render: () => null })]],
  ['a box to tick', [h('input')]],
  ['a dash and a word', [createTextVNode(none), h('b', 'A-001')]],
])('a cell with %s says something', (_, content) => {
  expect(saysNothing(content)).toBe(false);
});
