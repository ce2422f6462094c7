/** The URLs that partners are told. */
import type { Config } from '../config.ts';
import type { Role, VersionNumber } from '../ocpi/versions.ts';

/** With a slash at the end, because the templates of the specification append to it both with and without one. */
export const tokensUrl = ({ publicUrl }: Config, role: Role, version: VersionNumber): string =>
  `${publicUrl}/ocpi/${role.toLowerCase()}/${version}/tokens/`;
