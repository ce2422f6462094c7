/** THE place to swap the storage: return your own `Backend` here, or replace one of its modules. */
import type { Config } from './config.ts';
import { partiesOf } from './config.ts';
import type { Backend } from './crud/crud.ts';
import { dynamodbBackend } from './crud/dynamodb/backend.ts';

/** What an implementation needs from outside itself. */
export interface Ambient {
  now: () => Date;
  newId: () => string;
}

export const openBackend = (config: Config, ambient: Ambient): Backend =>
  dynamodbBackend({
    endpoint: config.dynamodbEndpoint,
    tables: config.tables,
    emspParties: partiesOf(config, 'EMSP'),
    ...ambient,
  });
