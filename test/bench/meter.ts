/** A database in between that reads the meter: every request, and the capacity units that DynamoDB charges for it. */
import type { ConsumedCapacity } from '@aws-sdk/client-dynamodb';
import type { Database } from '../../lib/crud/dynamodb/client.ts';

export interface Reading {
  /** Such as `GetCommand`. */
  command: string;
  table: string;
  readUnits: number;
  writeUnits: number;
  /** Sent while another request was under way. */
  isBesideOthers: boolean;
}

export interface Meter {
  db: Database;
  /** @returns what was sent since the last time */
  read(): Reading[];
}

interface MeteredCommand {
  input: { ReturnConsumedCapacity?: string };
}

type Send = (command: MeteredCommand) => Promise<{ ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] }>;

const isWrite = (command: string): boolean => /Put|Update|Delete|Write/.test(command);

export function meter(inner: Database): Meter {
  let readings: Reading[] = [];
  let underWay = 0;
  const send: Send = (command) => inner.send(command as never) as unknown as ReturnType<Send>;
  const db = {
    async send(command: MeteredCommand) {
      command.input.ReturnConsumedCapacity = 'TOTAL';
      const name = command.constructor.name.replace(/^_+/, '');
      const isBesideOthers = underWay > 0;
      underWay += 1;
      const answer = await send(command).finally(() => {
        underWay -= 1;
      });
      const [first, ...others] = [answer.ConsumedCapacity ?? []].flat();
      const units = [first, ...others].reduce((sum, each) => sum + (each?.CapacityUnits ?? 0), 0);
      readings.push({
        command: name,
        table: first?.TableName ?? '',
        readUnits: isWrite(name) ? 0 : units,
        writeUnits: isWrite(name) ? units : 0,
        isBesideOthers,
      });
      return answer;
    },
  } as unknown as Database;
  return {
    db,
    read() {
      const taken = readings;
      readings = [];
      return taken;
    },
  };
}

export const readUnitsOf = (readings: Reading[]): number => readings.reduce((sum, { readUnits }) => sum + readUnits, 0);
export const writeUnitsOf = (readings: Reading[]): number =>
  readings.reduce((sum, { writeUnits }) => sum + writeUnits, 0);
