import { expect, test } from 'vitest';
import { renamed, viewOf, withView } from './views.ts';

const all = { search: '', sort: '', filters: {} };
const silent = { search: '', sort: '-lastContact', filters: { online: 'false' } };
const saved = withView(withView([], 'silent', silent), ' all ', all);
const names = (views: typeof saved) => views.map(({ name }) => name);

test('the view that a list shows is known by what it asks, whatever page it is at', () => {
  expect(viewOf(saved, silent)?.name).toBe('silent');
  expect(viewOf(saved, all)?.name).toBe('all');
  expect(viewOf(saved, { ...silent, search: 'A-1' })).toBeNull();
  expect(viewOf(saved, { ...silent, filters: { online: 'false', kind: 'water' } })).toBeNull();
  expect(viewOf(saved, { ...silent, filters: {} })).toBeNull();
});

test('a name stands for one question, and a question has one name', () => {
  expect(names(withView(saved, 'silent', { ...all, search: 'x' }))).toEqual(['all', 'silent']);
  expect(names(withView(saved, 'quiet', silent))).toEqual(['all', 'quiet']);
});

test('a view gets another name, unless it is empty or another’s', () => {
  expect(names(renamed(saved, 'silent', ' mute '))).toEqual(['mute', 'all']);
  expect(names(renamed(saved, 'silent', 'all'))).toEqual(['silent', 'all']);
  expect(names(renamed(saved, 'silent', ' '))).toEqual(['silent', 'all']);
});
