// GET /operator/acme/count-cards: how many cards we have, by party.

import { partiesOf } from 'ocpi-tokens/ocpi/versions';
import { operation } from 'ocpi-tokens/operator/api/operation';
import { operatorEndpoint } from 'ocpi-tokens/operator/endpoint';
import { type Runtime, storageRuntime } from 'ocpi-tokens/runtime';
import * as v from 'valibot';

const countCards = operation({
  name: 'acme/count-cards',
  method: 'GET',
  summary: 'How many cards we have, by party.',
  input: v.object({}),
  output: v.object({ cards: v.record(v.string(), v.number()) }),
});

export const runtime = storageRuntime;

export const endpoint = operatorEndpoint<typeof countCards, Runtime>(
  countCards,
  async (_input, { backend, config }) => {
    const cards: Record<string, number> = {};
    for (const { country_code, party_id } of partiesOf(config, 'EMSP')) {
      const { total = 0 } = await backend.tokens.list({
        module_id: 'tokens',
        role: 'EMSP',
        version: '2.3.0',
        country_code,
        party_id,
        filters: { date_from: undefined, date_to: undefined, offset: 0, limit: 0 },
      });
      cards[`${country_code} ${party_id}`] = total;
    }
    return { cards };
  },
);
