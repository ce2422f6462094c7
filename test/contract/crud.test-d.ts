/** What the compiler must refuse at the seam: `tsc` fails where one of these becomes legal. Nothing here runs. */
import { type Backend, CrudError, type Storage } from '../../lib/crud/crud.ts';
import {
  addressOf,
  cpoCall,
  credentialsCall,
  emspCall,
  ownCreation,
  ownToken,
  ownUpdate,
  peer,
  peerCreation,
  peerUpdate,
  receivedCreation,
  receivedUpdate,
  token,
} from '../support/builders.ts';

/** Leaves one key out. */
declare const without: <Call extends object, Key extends keyof Call>(call: Call, key: Key) => Omit<Call, Key>;

const us = { country_code: 'NL', party_id: 'LMS' };

export function refusedByTheCompiler({ tokens, credentials, records }: Backend): unknown {
  const get = cpoCall(addressOf(token()));
  const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: 10 };
  const list = emspCall({ ...us, filters });
  const create = receivedCreation(token());
  const update = receivedUpdate(token(), '1');
  const location_reference = { location_id: 'LOC1' };
  const authorize = emspCall({
    action: 'AuthorizeToken' as const,
    data: { token_uid: 'A', token_type: 'RFID', location_reference },
  });
  const put = peerUpdate(peer(), '1');

  void tokens.get(get);
  // @ts-expect-error what every call carries
  void tokens.get(without(get, 'module_id'));
  // @ts-expect-error what every call carries
  void tokens.get(without(get, 'role'));
  // @ts-expect-error what every call carries
  void tokens.get(without(get, 'version'));
  // @ts-expect-error a Token without its uid
  void tokens.get(without(get, 'id'));
  // @ts-expect-error absent is not undefined
  void tokens.get({ ...get, token_type: undefined });
  // @ts-expect-error a role of a peer, not one of ours
  void tokens.get({ ...get, role: 'HUB' });
  // @ts-expect-error a version that we do not serve
  void tokens.get({ ...get, version: '2.0' });
  // @ts-expect-error there may be none
  void tokens.get(get).then(({ data }) => data);

  void tokens.list(list);
  void tokens.list(cpoCall({ filters }));
  // @ts-expect-error no paging
  void tokens.list(without(list, 'filters'));
  // @ts-expect-error our own Tokens of no party
  void tokens.list(emspCall({ filters }));
  // @ts-expect-error no limit
  void tokens.list({ ...list, filters: without(filters, 'limit') });
  // @ts-expect-error no offset
  void tokens.list({ ...list, filters: without(filters, 'offset') });
  // @ts-expect-error no date is said so, not forgotten
  void tokens.list({ ...list, filters: without(filters, 'date_from') });
  // @ts-expect-error a filter as it stands in a URL
  void tokens.list({ ...list, filters: { ...filters, limit: '10' } });

  void tokens.create(create);
  // @ts-expect-error a Token without an owner
  void tokens.create(without(create, 'country_code'));
  // @ts-expect-error a Token without an owner
  void tokens.create(without(create, 'party_id'));
  // @ts-expect-error the type is half the identity
  void tokens.create(without(create, 'token_type'));
  // @ts-expect-error nothing to store
  void tokens.create(without(create, 'data'));
  // @ts-expect-error an incomplete Token
  void tokens.create({ ...create, data: without(token(), 'issuer') });
  // @ts-expect-error a value that the closed enum does not have
  void tokens.create({ ...create, data: { ...token(), whitelist: 'SOMETIMES' } });
  // @ts-expect-error absent is not undefined
  void tokens.create({ ...create, data: { ...token(), visual_number: undefined } });
  // @ts-expect-error absent is not null
  void tokens.create({ ...create, data: { ...token(), visual_number: null } });

  void tokens.create(ownCreation(ownToken(us)));
  // @ts-expect-error a received Token that came in at no time
  void tokens.create(without(create, 'arrived_at'));
  // @ts-expect-error an own Token without what is kept beside it
  void tokens.create(without(ownCreation(ownToken(us)), 'settings'));

  void tokens.update(update);
  // @ts-expect-error a Token without an owner
  void tokens.update(without(update, 'country_code'));
  // @ts-expect-error a Token without an owner
  void tokens.update(without(update, 'party_id'));
  // @ts-expect-error a Token without its uid
  void tokens.update(without(update, 'id'));
  // @ts-expect-error the type is half the identity
  void tokens.update(without(update, 'token_type'));
  // @ts-expect-error a write that does not know what it replaces
  void tokens.update(without(update, 'revision'));
  // @ts-expect-error Tokens are replaced as a whole
  void tokens.update({ ...update, data: { valid: false } });

  void tokens.do(authorize);
  // @ts-expect-error another action
  void tokens.do({ ...authorize, action: 'BlockToken' });
  // @ts-expect-error no Token to decide on
  void tokens.do({ ...authorize, data: without(authorize.data, 'token_uid') });
  // @ts-expect-error without a location is said so, not forgotten
  void tokens.do({ ...authorize, data: without(authorize.data, 'location_reference') });
  // @ts-expect-error there may be none
  void tokens.do(authorize).then(({ allowed }) => allowed);

  void tokens.delete(cpoCall({ ...addressOf(token()), revision: '1' }));
  void tokens.delete(ownUpdate(ownToken(us), '1'));
  // @ts-expect-error an erasure that does not know what it erases
  void tokens.delete(get);
  // @ts-expect-error an own Token that nothing replaces
  void tokens.delete(without(ownUpdate(ownToken(us), '1'), 'data'));

  void credentials.update(put);
  // @ts-expect-error a write that does not know what it replaces
  void credentials.update(without(put, 'revision'));
  // @ts-expect-error a peer without an id
  void credentials.create({ ...put, data: without(peer(), 'id') });
  // @ts-expect-error a peer without what every request needs of it
  void credentials.create(without(peerCreation(peer()), 'access'));
  // @ts-expect-error a peer that does not say what it claims
  void credentials.create(without(peerCreation(peer()), 'claims'));
  // @ts-expect-error hashes only, never the token itself
  void credentials.create(peerCreation(peer({ tokensWeGave: ['a-token'] })));
  // @ts-expect-error another module's call
  void credentials.get({ ...put, module_id: 'tokens' });
  // @ts-expect-error a use at no time
  void credentials.recordUse(credentialsCall({ id: 'a' }));
  // @ts-expect-error which may be nobody
  void credentials.authenticate(credentialsCall({ sha256: [] })).then(({ sha256 }) => sha256);

  void records.list({ collection: 'push', limit: 10 });
  // @ts-expect-error all at once
  void records.list({ collection: 'push' });
  // @ts-expect-error a write that does not know what it replaces
  void records.update({ collection: 'push', id: 'a', data: {} });
  // @ts-expect-error no object
  void records.create({ collection: 'push', id: 'a', data: 'text' });

  // @ts-expect-error a code that the core does not know
  void new CrudError('not-found');
  // @ts-expect-error one module's CRUD in the place of another's
  const swapped: Backend = { tokens: credentials, credentials, records };
  // @ts-expect-error half a storage
  const half: Storage = { credentials, records };
  return [swapped, half];
}
