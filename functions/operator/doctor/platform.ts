// GET /operator/doctor/platform: what works on our own side, what does not, and what to do.
import { operatorEndpoint } from '../../../lib/http/operator/endpoint.ts';
import { examinePlatform } from '../../../lib/operator/api/doctor.ts';
import { platform } from '../../../lib/operator/doctor/platform.ts';
import { handshakeRuntime } from '../../../lib/runtime/peer-runtime.ts';

export const runtime = handshakeRuntime;

export const endpoint = operatorEndpoint(examinePlatform, platform);
