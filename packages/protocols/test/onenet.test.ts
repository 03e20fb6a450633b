import { fromHex } from '@openprepay/kernel';
import { createServiceCommandBody } from '@openprepay/protocols/ctwing';
import { describeFrame } from '@openprepay/protocols/describe';
import {
  answerVerification,
  buildOneNetPush,
  oneNetDedupeKey,
  parseMessage,
  parseOneNetPush,
  signatureOf,
  signToken,
  writeLaterRequest,
} from '@openprepay/protocols/onenet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mutated, orRefused } from './mutations.ts';
import { loadVectors } from './vectors.ts';

const refusal = (code: string) => expect.objectContaining({ code });
const [known] = loadVectors<Record<'token' | 'nonce' | 'msg' | 'signature', string>>('onenet-push');
if (!known) throw new Error('no vector of a push');
const { token: TOKEN, nonce: NONCE, msg: MESSAGE, signature: SIGNATURE } = known;
const CLEAR = { token: TOKEN, aesKey: null };
const SEALED = { token: TOKEN, aesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' };

describe('the signature', () => {
  test('is the known one', () => expect(signatureOf(TOKEN, NONCE, MESSAGE)).toBe(SIGNATURE));

  test('lets the address be verified, with a plus that came as a space, and no other', () => {
    const nonce =
      Array.from({ length: 200 }, (_, at) => `n${at}`).find((one) => signatureOf(TOKEN, one, 'm').includes('+')) ?? '';
    const signature = signatureOf(TOKEN, nonce, 'm');
    expect(signature).toContain('+');
    expect(answerVerification({ msg: 'm', nonce, signature: signature.replaceAll('+', ' ') }, TOKEN)).toBe('m');
    expect(answerVerification({ msg: 'm', nonce, signature }, 'other')).toBeNull();
    expect(answerVerification({ msg: ['m'], nonce, signature }, TOKEN)).toBeNull();
    expect(answerVerification({}, TOKEN)).toBeNull();
  });
});

describe('a push', () => {
  test('says what is stated, as text and as an object, one message or several', () => {
    const stated = {
      kind: 'data',
      deviceId: '2016617',
      streamId: 'datastream_id',
      at: new Date(1_466_133_706_841),
      value: { kind: 'values', values: { value: 42 } },
    };
    const body = { msg: MESSAGE, nonce: NONCE, signature: SIGNATURE };
    expect(parseOneNetPush(JSON.stringify(body), CLEAR)).toMatchObject([stated]);
    expect(parseOneNetPush(JSON.stringify({ ...body, msg: JSON.parse(MESSAGE) }), CLEAR)).toMatchObject([stated]);
    expect(parseOneNetPush(buildOneNetPush(`[${MESSAGE},${MESSAGE}]`, NONCE, CLEAR), CLEAR)).toHaveLength(2);
  });

  test('in the encrypted mode comes back, and without the key or with another is refused', () => {
    const body = buildOneNetPush(MESSAGE, NONCE, SEALED);
    expect(parseOneNetPush(body, SEALED)).toMatchObject([{ deviceId: '2016617' }]);
    expect(() => parseOneNetPush(body, CLEAR)).toThrow(refusal('frame.not_decrypted'));
    expect(describeFrame('onenet', body)).toMatchObject({ summary: 'push: encrypted' });
    expect(describeFrame('onenet', body, SEALED.aesKey)).toMatchObject({ deviceId: '2016617' });
  });

  test('is signed as its sender wrote it, spaces, decimals and all', () => {
    const written = MESSAGE.replace(',', ' , ').replace('42', '{ "msg" : "}," , "flow": 23.0 }');
    const signature = signatureOf(TOKEN, NONCE, written);
    for (const body of [
      `{"msg": ${written} ,"nonce":"${NONCE}","signature":"${signature}"}`,
      `{"nonce":"${NONCE}","signature":"${signature}","msg":${written}}`,
    ])
      expect(parseOneNetPush(body, CLEAR)).toMatchObject([{ value: { values: { flow: 23 } } }]);
  });

  test('of another token is refused', () => {
    const body = buildOneNetPush(MESSAGE, NONCE, { ...CLEAR, token: 'other' });
    expect(() => parseOneNetPush(body, CLEAR)).toThrow(refusal('frame.not_decrypted'));
  });

  test('carries a device’s bytes, its coming and going, and answers to commands', () => {
    const common = { dev_id: 5, at: 1_466_133_706_841, imei: '867531234567890' };
    const bytes = parseMessage({ ...common, type: 1, ds_id: '3200_0_5750', value: '6810' });
    expect(bytes).toMatchObject({ imei: '867531234567890', value: { kind: 'bytes', bytes: fromHex('6810') } });
    expect(parseMessage({ ...common, type: 2, status: 1 })).toMatchObject({ kind: 'online', online: true });
    expect(parseMessage({ ...common, type: 7, cmd_id: 'c', confirm_status: 1 })).toMatchObject({
      kind: 'command_response',
      commandId: 'c',
    });
    expect(() => parseMessage({ ...common, type: 3 })).toThrow(refusal('frame.unknown_function'));
    expect(() => parseMessage({ ...common, at: 1, type: 2, status: 1 })).toThrow(refusal('frame.bad_value'));
    expect(oneNetDedupeKey(bytes)).toMatch(/^[0-9a-f]{64}$/);
    expect(oneNetDedupeKey(parseMessage({ ...common, type: 1, ds_id: '3200_0_5750', value: '6811' }))).not.toBe(
      oneNetDedupeKey(bytes),
    );
  });

  test('that nobody meant is refused by name', () => {
    const good = fc
      .constantFrom(buildOneNetPush(MESSAGE, NONCE, CLEAR), buildOneNetPush(MESSAGE, NONCE, SEALED))
      .map((text) => new TextEncoder().encode(text));
    const names = ['type', 'dev_id', 'at', 'ds_id', 'value', 'status', 'cmd_id'];
    const message = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(fc.jsonValue(), fc.constantFrom(1, 2, 7, 1_466_133_706_841)),
    );
    fc.assert(
      fc.property(mutated(good), message, (body, one) => {
        orRefused(() => parseOneNetPush(body, SEALED));
        orRefused(() => describeFrame('onenet', body, SEALED.aesKey));
        orRefused(() => parseMessage(one));
        orRefused(() => parseOneNetPush(buildOneNetPush(JSON.stringify(one), NONCE, SEALED), SEALED));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('calls to the platform', () => {
  test('are signed over expiry, method, resource and version', () => {
    const token = signToken('c2VjcmV0', {
      resource: 'products/123',
      expires: new Date(1_700_000_000_000),
      method: 'sha1',
    });
    // printf '1700000000\nsha1\nproducts/123\n2018-10-31' | openssl dgst -sha1 -hmac secret -binary | base64
    expect(new URLSearchParams(token).get('sign')).toBe('M6AJIMFdhi0wWNUjCrugXq7+pMM=');
    expect(token).toContain('res=products%2F123&et=1700000000&method=sha1');
  });

  test('a write for a sleeping meter has its bytes, and times of the platform’s zone', () => {
    const command = {
      imei: '867531234567890',
      payloadHex: '6810',
      validFrom: new Date('2026-03-01T00:00:00Z'),
      expires: new Date('2026-03-02T00:00:00Z'),
    };
    expect(writeLaterRequest(command)).toEqual({
      query: {
        imei: '867531234567890',
        obj_id: '3200',
        obj_inst_id: '0',
        mode: '1',
        valid_time: '2026-03-01T08:00:00',
        expired_time: '2026-03-02T08:00:00',
      },
      body: '{"data":[{"res_id":5750,"val":"6810"}]}',
    });
    expect(() => writeLaterRequest({ ...command, expires: command.validFrom })).toThrow(refusal('frame.bad_value'));
  });

  test('a service of a CTWing profile is a command too', () => {
    const body = createServiceCommandBody({
      deviceId: 'd',
      productId: '7',
      operator: 'o',
      level: 1,
      ttlS: 60,
      identifier: 'valve_control',
      parameters: { valve: 1 },
    });
    expect(JSON.parse(body)).toMatchObject({
      content: { params: { valve: 1 }, serviceIdentifier: 'valve_control' },
      productId: 7,
      ttl: 60,
    });
  });
});
