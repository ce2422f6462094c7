/** The versions that we serve, each with its wire. */
import type { VersionNumber } from '../ocpi/versions.ts';
import { v2_1_1 } from './v2_1_1.ts';
import { v2_2_1 } from './v2_2_1.ts';
import { v2_3_0 } from './v2_3_0.ts';
import type { Wire } from './wire.ts';

export const wires: Readonly<Record<VersionNumber, Wire>> = {
  '2.1.1': v2_1_1,
  '2.2.1': v2_2_1,
  '2.3.0': v2_3_0,
};

const isServed = (version: string): version is VersionNumber => Object.hasOwn(wires, version);

/** @returns undefined for a version that we do not serve */
export const wireOf = (version: string): Wire | undefined => (isServed(version) ? wires[version] : undefined);
