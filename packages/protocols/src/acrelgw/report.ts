import { protocolError } from '../errors.ts';
import { formatCompactClock, parseCompactClock } from '../named-values.ts';
import type { GwFunction, GwIdentity, GwMeter, GwUp } from './messages.ts';
import { childOf, textIn, type XmlElement, xml } from './xml.ts';

type Report = Extract<GwUp, { kind: 'report' }>;

const MAX_ID_CHARACTERS = 64;
/** What gateways write for "no error". */
const NO_ERROR: readonly string[] = ['', '0'];

/** `<common>`: who speaks, and which element beside it says what. */
export const commonOf = ({ buildingId, gatewayId }: GwIdentity, type: string): XmlElement =>
  xml('common', {}, xml('building_id', {}, buildingId), xml('gateway_id', {}, gatewayId), xml('type', {}, type));

/** @throws frame.bad_payload when the gateway does not name itself */
export function identityIn(root: XmlElement): GwIdentity {
  const common = childOf(root, 'common');
  const gatewayId = textIn(common, 'gateway_id');
  if (gatewayId === null) throw protocolError('frame.bad_payload', 'no gateway_id');
  return { buildingId: idText(textIn(common, 'building_id') ?? ''), gatewayId: idText(gatewayId) };
}

export function encodeReport(report: Report): XmlElement {
  const time = report.local ? [xml('time', {}, formatCompactClock(report.local))] : [];
  const meters = report.meters.map(({ id, functions }) => xml('meter', { id }, ...functions.map(encodeFunction)));
  return xml('root', {}, commonOf(report, 'data'), xml('data', { operation: 'report' }, ...time, ...meters));
}

const encodeFunction = ({ id, value, error }: GwFunction): XmlElement =>
  xml('function', { id, ...(error === null ? {} : { error }) }, value);

/** @throws frame.bad_payload */
export function decodeReport(root: XmlElement): Omit<Report, 'zipped'> {
  const data = childOf(root, 'data');
  if (!data) throw protocolError('frame.bad_payload', 'a report without data');
  const meters = data.children.filter(({ name }) => name === 'meter').map(decodeMeter);
  return { kind: 'report', ...identityIn(root), local: parseCompactClock(textIn(data, 'time') ?? ''), meters };
}

function decodeMeter(element: XmlElement): GwMeter {
  const functions = element.children
    .filter(({ name }) => name === 'function')
    .map((one): GwFunction => {
      const error = one.attributes.get('error') ?? '';
      return { id: idIn(one), value: one.text.trim(), error: NO_ERROR.includes(error) ? null : error };
    });
  return { id: idIn(element), functions };
}

function idIn(element: XmlElement): string {
  const id = element.attributes.get('id') ?? '';
  if (id === '') throw protocolError('frame.bad_payload', `a ${element.name} without id`);
  return idText(id);
}

function idText(id: string): string {
  if (id.length > MAX_ID_CHARACTERS)
    throw protocolError('frame.bad_payload', `an id over ${MAX_ID_CHARACTERS} characters`);
  return id;
}
