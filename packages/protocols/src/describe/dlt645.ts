import { formatDecimal, toHex } from '@openprepay/kernel';
import { BROADCAST_ADDRESS, WILDCARD_ADDRESS } from '../dlt645/address.ts';
import type { Authority, Password } from '../dlt645/authority.ts';
import { formatDigits } from '../dlt645/clock.ts';
import { decodeData } from '../dlt645/data.ts';
import { findDataId } from '../dlt645/data-ids.ts';
import type { Format } from '../dlt645/format.ts';
import {
  type Dlt645Frame,
  decodeFrame,
  type Edition,
  hasMore,
  isFromMeter,
  isRefusal,
  preambleBytesOf,
} from '../dlt645/frame.ts';
import { type FunctionName, identify } from '../dlt645/functions.ts';
import { decodeLoadRecords, LOAD_CLASSES, loadRecordName } from '../dlt645/load-record.ts';
import { RELAY_ACTIONS } from '../dlt645/relay.ts';
import { type Dlt645Reply, decodeReply, describeErrors } from '../dlt645/reply.ts';
import type { Dlt645Request } from '../dlt645/request.ts';
import { decodeRequest } from '../dlt645/request-codec.ts';
import { decodeRunStatus, describeStatusWord } from '../dlt645/status-words.ts';
import type { DataValue } from '../dlt645/value.ts';
import {
  type DescribedValue,
  type Description,
  describe,
  type Fields,
  hexOf,
  measured,
  orRefused,
} from './description.ts';

const FUNCTION_WORDS: Readonly<Record<FunctionName, string>> = {
  authenticate: 'authenticate',
  set_time: 'broadcast time',
  read: 'read',
  read_more: 'read what follows',
  read_address: 'read address',
  write: 'write',
  write_address: 'write address',
  freeze: 'freeze',
  set_baud: 'change baud rate',
  set_password: 'change password',
  clear_demand: 'clear maximum demand',
  clear_meter: 'clear meter',
  clear_events: 'clear events',
  control: 'relay control',
  set_terminal: 'set multi-function terminal',
};

/** Both editions; which one shows by the control code. */
export function describeDlt645(bytes: Uint8Array): Description {
  const frame = decodeFrame(bytes);
  const identified = identify(frame);
  const controlMeaning = controlWords(frame, identified?.name ?? null);
  const contents = identified === null ? {} : orRefused(() => contentsOf(frame));
  const about = contents['dataIdMeaning'] ?? contents['actionMeaning'];
  const summary = typeof about === 'string' ? `${controlMeaning}, ${about}` : controlMeaning;
  return describe('dlt645', `meter ${frame.address}: ${summary}`, {
    direction: isFromMeter(frame) ? 'from the meter' : 'to the meter',
    edition: identified?.edition ?? null,
    preambleBytes: preambleBytesOf(bytes),
    address: frame.address,
    addressMeaning: addressWords(frame.address),
    control: hexOf(frame.control),
    controlMeaning,
    data: toHex(frame.data),
    ...contents,
  });
}

function controlWords(frame: Dlt645Frame, name: FunctionName | null): string {
  const what = name === null ? 'unknown function' : FUNCTION_WORDS[name];
  if (!isFromMeter(frame)) return what;
  if (isRefusal(frame)) return `refusal of: ${what}`;
  return `reply to: ${what}${hasMore(frame) ? ', more follows' : ''}`;
}

function addressWords(address: string): string {
  if (address === WILDCARD_ADDRESS) return 'any meter on the line';
  if (address === BROADCAST_ADDRESS) return 'all meters';
  return address.startsWith('A') ? 'the meter whose number ends so' : 'one meter';
}

const contentsOf = (frame: Dlt645Frame): Fields =>
  isFromMeter(frame) ? replyFields(decodeReply(frame)) : requestFields(decodeRequest(frame));

function requestFields(request: Dlt645Request): Fields {
  const { edition } = request;
  switch (request.kind) {
    case 'read': {
      const since = request.since === null ? null : formatDigits(request.since, 'YYMMDDhhmm');
      return {
        ...idFields(edition, request.dataId),
        ...(request.blocks === null ? {} : { blocks: request.blocks, since }),
      };
    }
    case 'read_more':
      return { ...idFields(edition, request.dataId), sequence: request.sequence };
    case 'read_address':
      return {};
    case 'write':
      return { ...authorityFields(request.authority), ...dataFields(edition, request.dataId, request.data) };
    case 'write_address':
      return { newAddress: request.newAddress };
    case 'set_time':
      return { time: formatDigits(request.time, 'YYMMDDhhmmss') };
    case 'freeze':
      return { at: formatDigits(request.at, 'MMDDhhmm') };
    case 'set_baud':
      return { baud: request.baud };
    case 'set_password':
      return {
        ...(request.dataId === null ? {} : idFields(edition, request.dataId)),
        oldPassword: passwordWords(request.old),
        newPassword: passwordWords(request.next),
      };
    case 'clear_demand':
    case 'clear_meter':
      return authorityFields(request.authority);
    case 'clear_events':
      return { ...authorityFields(request.authority), dataId: request.dataId };
    case 'control': {
      const { action, extra, validUntil } = request.order;
      const { code, meaning } = RELAY_ACTIONS[action];
      return {
        ...authorityFields(request.authority),
        action: hexOf(code),
        actionMeaning: meaning,
        extra: hexOf(extra),
        validUntil: formatDigits(validUntil, 'YYMMDDhhmmss'),
      };
    }
    case 'control_sealed':
      return { ...authorityFields(request.authority), sealed: toHex(request.sealed) };
    case 'set_terminal':
      return { signal: hexOf(request.signal) };
    case 'authenticate':
      return dataFields(edition, request.dataId, request.data);
  }
}

function replyFields(reply: Dlt645Reply): Fields {
  switch (reply.kind) {
    case 'data':
      // What is still to come belongs to the same values: a part is not taken apart.
      if (reply.more) return idFields(reply.edition, reply.dataId);
      return dataFields(reply.edition, reply.dataId, reply.data);
    case 'more_data':
      return { ...idFields(reply.edition, reply.dataId), sequence: reply.sequence };
    case 'authenticated':
      return dataFields(reply.edition, reply.dataId, reply.data);
    case 'address':
      return { meterAddress: reply.meterAddress };
    case 'baud':
      return { baud: reply.baud };
    case 'password':
      return { newPassword: passwordWords(reply.password) };
    case 'terminal':
      return { signal: hexOf(reply.signal) };
    case 'done':
      return { result: 'acknowledged, which is no proof' };
    case 'refused':
      return { errors: toHex(reply.errors), errorMeanings: describeErrors(reply.edition, reply.errors) };
  }
}

function idFields(edition: Edition, dataId: string): Fields {
  const known = findDataId(edition, dataId);
  if (known === null) return { dataId, dataIdMeaning: loadRecordName(dataId) ?? 'unknown data id' };
  return {
    dataId,
    dataIdMeaning: known.block === null ? known.name : `${known.name}, block`,
    dataIdSource: `${known.entry.source}, ${known.entry.clause}`,
  };
}

function dataFields(edition: Edition, dataId: string, data: Uint8Array): Fields {
  const isLoadRecord = edition === '2007' && loadRecordName(dataId) !== null;
  const contents = orRefused(() => (isLoadRecord ? recordFields(data) : valueFields(edition, dataId, data)));
  return { ...idFields(edition, dataId), ...contents };
}

const valueFields = (edition: Edition, dataId: string, data: Uint8Array): Fields => ({
  values: Object.fromEntries(
    decodeData(edition, dataId, data).map(({ name, format, value }) => [name, valueWords(format, value)]),
  ),
});

const recordFields = (data: Uint8Array): Fields => ({
  records: decodeLoadRecords(data).map(({ time, classes }) => ({
    time: time && formatDigits(time, 'YYMMDDhhmm'),
    ...Object.fromEntries(
      LOAD_CLASSES.flatMap((fields, at) =>
        fields.flatMap(([name, format], field) => {
          const values = classes[at];
          return values ? [[name, valueWords(format, values[field] ?? null)]] : [];
        }),
      ),
    ),
  })),
});

export function valueWords(format: Format, value: DataValue): DescribedValue {
  if (value === null) return null;
  if (format.kind === 'list' && typeof value === 'object') return value.map((one) => valueWords(format.of, one));
  if (format.kind === 'record' && typeof value === 'object') {
    return Object.fromEntries(format.fields.map(([name, one], at) => [name, valueWords(one, value[at] ?? null)]));
  }
  if (format.kind === 'number' && typeof value === 'bigint') {
    const text = formatDecimal(value, format.decimals);
    return format.unit === '' ? text : measured(text, format.unit);
  }
  if (format.kind === 'bits' && typeof value === 'number') {
    const word = hexOf(value, format.bytes);
    if (format.word === null) return word;
    const supply = format.word === 3 ? { switchState: decodeRunStatus(value).switchState } : {};
    return { word, ...supply, ...describeStatusWord(format.word, value) };
  }
  return format.kind === 'time' ? formatDigits(String(value), format.layout) : String(value);
}

const passwordWords = ({ level, code }: Password): string => `${code}, level ${hexOf(level)}`;

const authorityFields = (authority: Authority): Fields => ({
  password: passwordWords(authority),
  operator: authority.operator,
});
