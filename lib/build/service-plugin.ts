/** `plugins: [ocpi-tokens/serverless]`: lays the serverless.yml of a company's service over ours, and builds its functions and ours. */
import { composed, readOwn } from '../local/service.ts';
import BuildBundles from './serverless-plugin.mjs';

/** The framework, as far as we use it. */
interface Serverless {
  service: object;
  serviceDir: string;
  extendConfiguration(path: string[], value: unknown): void;
}

export default class OcpiTokens extends BuildBundles {
  constructor(serverless: Serverless, options: object) {
    // The file itself: what the framework has made of it holds its defaults too, which must not win over ours.
    for (const [section, value] of Object.entries(composed(readOwn(serverless.serviceDir)))) {
      serverless.extendConfiguration([section], value);
    }
    super(serverless, options);
  }
}
