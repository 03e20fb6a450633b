import { expect, test } from 'vitest';
import { speak } from '../locales/index.ts';
import { inChinese } from './frame-words.ts';
import { fieldsOf, formatDrift, formatShare, formatSpan, spacedHex } from './words.ts';

test('how long is said in the two units that matter', async () => {
  await speak('en');
  expect([40, 60 * 12, 3600 * 26, 86_400 * 3 + 3600 * 4].map(formatSpan)).toEqual([
    '40 s',
    '12 min',
    '1 d 2 h',
    '3 d 4 h',
  ]);
  expect(formatSpan(3600 * 2 + 60 * 5)).toBe('2 h 5 min');
});

test('what an Acrel meter says of itself is Chinese word for word', () => {
  expect(inChinese('live block, 14792.32 kWh, relay closed')).toBe('预付费实时数据块，14792.32 kWh，继电器闭合');
  const names = ['model code', 'total reactive power', 'remaining', 'load trips allowed', 'over limit', 'true', 'off'];
  expect(names.map(inChinese).filter((word) => /[a-z]/.test(word))).toEqual([]);
});

test('a clock ahead has a plus, a clock behind a minus', async () => {
  await speak('en');
  expect([formatDrift(30), formatDrift(-125)]).toEqual(['+30 s', '−2 min']);
});

test('only what is complete is a hundred percent', () => {
  expect([10_000, 9_999, 9_950, 0].map(formatShare)).toEqual(['100 %', '100 %', '99.5 %', '0 %'].with(1, '99.9 %'));
});

test('a description becomes lines, and what a frame carries stands below it', () => {
  const description = {
    protocol: 'acrel4g',
    summary: 'data of one meter',
    serial: '7',
    total_energy: { value: '12.3', unit: 'kWh' },
    voltage: [{ value: '228.8', unit: 'V' }],
    bits: { relay: true },
    inner: [{ protocol: 'modbus', summary: 'read', unit: 1, inner: [] }],
  };
  expect(fieldsOf(description).map(({ name, value, depth }) => `${depth} ${name}: ${value}`)).toEqual([
    '0 serial: 7',
    '0 total energy: 12.3 kWh',
    '0 voltage: 228.8 V',
    '0 bits: ',
    '1 relay: true',
    '0 modbus: read',
    '1 unit: 1',
  ]);
});

test('in Chinese a frame says what it says in the terms of the field, as far as they are known', () => {
  const said = inChinese;
  expect(said('meter 260700700001: reply to: read, import active energy, now, block')).toBe(
    '表计 260700700001：应答：读数据，正向有功电能，当前，数据块',
  );
  expect(said('meter 260700700001: relay control, trip (supply off)')).toBe('表计 260700700001：跳合闸控制，跳闸');
  expect(said('meter 1: reply to: read, status word 3')).toBe('表计 1：应答：读数据，运行状态字 3');
  expect(said('server: has stored the data')).toBe('平台：数据已入库应答');
  expect(said('reply of unit 2: read holding registers, 96 bytes')).toBe('应答 单元 2：读保持寄存器，96 字节');
  expect(said('phase jitter, block')).toBe('phase jitter，数据块');
});

test('bytes stand in pairs', () => {
  expect(spacedHex('7b7b84bf')).toBe('7B 7B 84 BF');
});
