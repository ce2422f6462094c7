// POST /ocpi/emsp/{version}/tokens/{token_uid}/authorize[?type=]: a CPO asks whether one of our Tokens may charge.
import { methodNotAllowed, notEnoughInformation, notFound, unknownToken } from '../../lib/errors.ts';
import { optionalJsonBody } from '../../lib/http/middleware/json-body.ts';
import { type SenderRequest, sender } from '../../lib/http/ocpi/endpoint.ts';
import { ofList } from '../../lib/http/ocpi/methods.ts';
import { type Token, tokenUid } from '../../lib/ocpi/token.ts';
import { decode, isObject, sameParty } from '../../lib/ocpi/values.ts';
import { partiesOf } from '../../lib/ocpi/versions.ts';
import { mayAskAboutType } from '../../lib/peers/access.ts';
import type { Config } from '../../lib/runtime/config.ts';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';
import { findToken } from '../../lib/tokens/find.ts';
import { typeInUrl, typeToRead } from '../../lib/tokens/type.ts';

export const runtime = storageRuntime;

const authorizePath = /^\/*([^/].*?)\/+authorize\/*$/s;
const withParty = /^([^/]+)\/+([^/]+)\/+([^/].*)$/s;

/** Several clients put the owner in front of the uid, as on the Receiver interface; so one of our own parties there is none of the uid. */
function uidIn(path: string, config: Config): string {
  // The list with a slash at the end, which an HTTP API routes here.
  if (!/[^/]/.test(path)) throw methodNotAllowed(ofList);
  const [, asked] = authorizePath.exec(path) ?? [];
  if (!asked) throw notFound('Real-time authorization is at {token_uid}/authorize');
  const [, country_code = '', party_id = '', uid = ''] = withParty.exec(asked) ?? [];
  const isAlias = partiesOf(config, 'EMSP').some((own) => sameParty(own, { country_code, party_id }));
  return decode(tokenUid, isAlias ? uid : asked, 'token_uid');
}

const isNothing = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0);

/** An object in which nothing stands asks without a location, as no body does: some clients always send one (AUTH-05, TRN-24). */
const asksWithoutLocation = (body: unknown): boolean =>
  body === undefined || (isObject(body) && Object.values(body).every(isNothing));

const isTheirBusiness = (token: Token, { addressees, access }: Pick<SenderRequest, 'addressees' | 'access'>): boolean =>
  addressees.some((party) => sameParty(party, token)) && mayAskAboutType(access, token.type);

export const endpoint = (around: Runtime) =>
  sender(around)
    .use(optionalJsonBody)
    .to(async (request) => {
      const { backend, config } = around;
      const { wire, call, path, query, body } = request;
      const id = uidIn(path, config);
      const token_type = typeToRead(typeInUrl(query, wire), wire);
      const location_reference = asksWithoutLocation(body) ? undefined : wire.decodeLocationReferences(body);

      const stored = await findToken(backend.tokens, wire, { ...call, id, ...(token_type && { token_type }) });
      if (!stored || !isTheirBusiness(stored.data, request)) throw unknownToken(wire.unknownTokenStatus);

      const info = await backend.tokens.do({
        ...call,
        action: 'AuthorizeToken',
        data: { token_uid: id, token_type: stored.data.type, location_reference },
      });
      if (!info) throw notEnoughInformation();
      return { data: wire.encodeAuthorizationInfo(info) };
    });
