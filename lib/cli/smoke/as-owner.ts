/** The owner's API: shut for whoever is not signed, however the path is spelt, and open for whoever is. */
import { examinePlatform } from '../../operator/api/doctor.ts';
import { mayCharge } from '../../operator/api/may-charge.ts';
import { listPeers } from '../../operator/api/peers.ts';
import { findReceivedTokens } from '../../operator/api/received.ts';
import type { Place } from '../place.ts';
import type { Ask } from './ask.ts';
import { type Check, eventually, NotChecked, ok, type Result, Wrong } from './checks.ts';
import { type Guest, guestId } from './guest.ts';

/** What changes nothing, so that nothing is lost if it is served. */
const path = 'operator/peers/list';

/** A slash at the end has got requests past the authorizer of an HTTP API, and to the function behind it. */
const spellings: Record<string, string[]> = {
  'a slash at the end': [`/${path}/`, `/${path}//`],
  'other spellings': [`//${path}`, '/operator//peers/list', '/operator%2Fpeers%2Flist', `/${path}%2F`, `/${path}?a=b`],
};

const served =
  'TAKE IT OFF THE NET (API Gateway, the stage: throttle to 0), and tell us: the functions should have refused too';

export function shutChecks(ask: Ask, { url }: Place, guest: Guest): Check[] {
  const expectRefusal = async (spelling: string, headers: Record<string, string>, allowed: number[]) => {
    const { status, asked } = await ask('GET', `${url}${spelling}`, { headers });
    if (status < 300) throw new Wrong(`${asked} is served: HTTP ${status}`, served);
    if (!allowed.includes(status)) throw new Wrong(`${asked}: HTTP ${status}; it should be a refusal (403)`);
    return status;
  };
  const forged = {
    authorization: `AWS4-HMAC-SHA256 Credential=AKIDSMOKETEST/20260101/eu-central-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
    'x-amz-date': '20260101T000000Z',
  };
  return [
    {
      name: 'unsigned',
      async run() {
        const status = await expectRefusal(`/${path}`, {}, [401, 403]);
        await expectRefusal(`/${path}`, forged, [401, 403]);
        await expectRefusal(`/${path}`, { authorization: guest.authorization }, [401, 403]);
        return ok(`HTTP ${status} without a signature, with a forged one, and with a partner’s token`);
      },
    },
    ...Object.entries(spellings).map(([name, paths]) => ({
      name: `unsigned, ${name}`,
      async run() {
        for (const each of paths) {
          for (const headers of [{}, { authorization: guest.authorization }]) {
            await expectRefusal(each, headers, [400, 401, 403, 404]);
          }
        }
        return ok('is not served');
      },
    })),
  ];
}

/** @param pushed uids of Tokens that the guest has pushed */
export function openChecks({ client, send, url }: Place, pushed: readonly string[]): Check[] {
  const anyPushed = (): string => {
    const [uid] = pushed;
    if (uid === undefined) throw new NotChecked('nothing was pushed');
    return uid;
  };
  return [
    {
      name: 'signed',
      async run() {
        const { peers } = await client.call(listPeers, {});
        if (!peers.some(({ id }) => id === guestId)) throw new Wrong(`peers/list does not name ${guestId}`);
        return ok(`${peers.length - 1} partners, and the test’s own`);
      },
    },
    {
      name: 'gzip',
      async run() {
        const request = { method: 'GET', url: `${url}/operator/openapi`, query: {} } as const;
        const zipped = await send({ ...request, headers: { 'accept-encoding': 'gzip' } });
        const plain = await send({ ...request, headers: { 'accept-encoding': 'identity' } });
        const encoding = zipped.headers.get('content-encoding');
        if (encoding !== 'gzip')
          throw new Wrong(
            'a large answer comes without gzip',
            'Something on the way unpacks it, or drops Accept-Encoding',
          );
        if (plain.headers.has('content-encoding')) throw new Wrong('who takes no gzip gets it');
        if (zipped.text !== plain.text) throw new Wrong('the same answer is another with gzip');
        return ok(`${plain.text.length} bytes travel packed`);
      },
    },
    {
      name: 'received',
      run: () =>
        eventually(async () => {
          const { tokens } = await client.call(findReceivedTokens, { uid: anyPushed() });
          if (tokens.length !== 1)
            throw new Wrong(`${tokens.length} Tokens have the uid that was pushed; it should be 1`);
          return ok('what was pushed is found by its uid');
        }),
    },
    {
      name: 'may this card charge',
      run: () =>
        eventually(async () => {
          const { allowed, source } = await client.call(mayCharge, { uid: anyPushed() });
          if (allowed && source === 'copy') return ok('yes, by what was pushed');
          throw new Wrong(`${allowed ? 'yes' : 'no'} (${source}); it should be yes, by our copy`);
        }),
    },
  ];
}

/** What it looks at itself: the storage, the key of the secrets, the URLs that partners are told, clocks, push and pull. */
export async function askDoctor({ client }: Place): Promise<Result[]> {
  const { checks } = await client.call(examinePlatform, {});
  return checks.map(({ check, ...finding }) => ({ check: `doctor: ${check}`, ...finding }));
}
