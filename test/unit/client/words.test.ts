/** What a partner says where it refuses: shown to the operator, and to nobody else. */
import { describe, expect, it } from 'vitest';
import type { PeerRequest } from '../../../lib/client/ask-peer.ts';
import { answering, client, handedOut, presented, startPartner, tokensModule, watchOver } from './support.ts';

watchOver();

const credentials = { kind: 'configuration', module_id: 'credentials' } as const;
const body = { token: handedOut, url: 'https://example.com/' };

async function refusal(answered: unknown, http = 400, request: Partial<PeerRequest> = {}) {
  const partner = await startPartner(answering(answered, http));
  const asker = client();
  const error = await asker.fail(partner.url, { method: 'POST', module: credentials, body, ...request });
  return { error, line: asker.logged()[0] };
}

const complaint = {
  type: 'missing',
  loc: ['body', 'roles', 0, 'business_details', 'website'],
  msg: 'Field required',
  input: { token: handedOut, name: 'Lumen' },
};

describe('a refusal shows the words of the partner', () => {
  it.each([
    ['a status_message', { status_code: 2001, status_message: 'No roles' }, 'No roles'],
    ['a status_code and words elsewhere', { status_code: 3000, message: 'Out of order' }, 'Out of order'],
    ['an empty status_message and words elsewhere', { status_code: 3000, status_message: '', error: 'Oh' }, 'Oh'],
    ['FastAPI', { detail: 'Client is already registered' }, 'Client is already registered'],
    [
      'FastAPI about fields',
      { detail: [complaint, { loc: ['body', 'url'], msg: 'Too long' }] },
      'body.roles.0.business_details.website: Field required; body.url: Too long',
    ],
    ['Spring', { timestamp: 1, status: 400, error: 'Bad Request', path: '/x' }, 'Bad Request'],
    ['an error in an error', { error: { code: 7, message: 'Quota exceeded' } }, 'Quota exceeded'],
    ['problem details', { type: 'about:blank', title: 'Forbidden' }, 'Forbidden'],
    ['HTML', '<html><head><title>403\n Forbidden</title></head><body>x</body></html>', '403 Forbidden'],
    ['HTML without a title', '<h1>Nope</h1><script>var x = 1</script><p>Ask us</p>', 'Nope Ask us'],
    ['text', 'Internal Server Error', 'Internal Server Error'],
    ['half a JSON text', '{"detail":"Not', '{"detail":"Not'],
  ])('of %s', async (_, answered, words) => {
    const { error, line } = await refusal(answered);
    expect(error.words).toBe(words);
    expect(error.message).toBe(`${error.summary}: "${words}"`);
    expect(line).toMatchObject({ reason: error.message });
  });

  it.each([
    ['nothing', ''],
    ['JSON that says nothing', { status: 7, data: [{ name: 'x' }], detail: null }],
    ['JSON that says it too deeply', { error: { error: { error: { error: { error: 'deep' } } } } }],
  ])('unless it has %s', async (_, answered) => {
    const { error } = await refusal(answered);
    expect(error.words).toBeUndefined();
    expect(error.message).toBe(error.summary);
  });

  it('up to a limit, on one line, and without what a terminal obeys', async () => {
    const { error } = await refusal({ detail: `\x1b[2Ja\r\n\u202eb\u2028${'x'.repeat(10_000)}` });
    expect(error.words).toMatch(/^\[2Ja b x{200,}$/);
    expect(error.words).toHaveLength(255);
  });

  it('if the partner cannot be used at all, too', async () => {
    const { error } = await refusal('<title>Bad Gateway</title>', 502);
    expect(error).toMatchObject({ kind: 'unreachable', words: 'Bad Gateway' });
  });

  it('but not what is no refusal: below HTTP 400 a body is data', async () => {
    const { error } = await refusal('<title>Welcome</title>', 200);
    expect(error).toMatchObject({ kind: 'broken', words: undefined });
  });
});

describe('words hold no secret', () => {
  it.each([
    ['our token', presented],
    ['our token as the header holds it', Buffer.from(presented).toString('base64')],
    ['the token that we hand out', handedOut],
  ])('such as %s', async (_, secret) => {
    for (const answered of [
      { detail: `No: ${secret}!` },
      `No: ${secret}!`,
      { status_code: 2001, status_message: secret },
    ]) {
      expect((await refusal(answered)).error.words).toContain('[redacted]');
    }
  });

  it.each([
    ['Invalid Authorization: Token ZXhhbXBsZS10b2tlbg==', 'Invalid Authorization: Token [redacted]'],
    ['Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc is expired', 'Bearer [redacted] is expired'],
    ['{"token": "f00-ba12", "x', '{"token": "[redacted]", "x'],
    ['token=abcdefghijklmnopqrst', 'token=[redacted]'],
    ['Token expired. Token authentication failed', 'Token expired. Token authentication failed'],
  ])('that looks like one: %s', async (answered, words) => {
    expect((await refusal(answered)).error.words).toBe(words);
  });

  it('and what a partner says about a Token is in no message and no log', async () => {
    const { error, line } = await refusal({ detail: 'The card 0A1B2C3D is unknown' }, 404, { module: tokensModule });
    expect(error.words).toBe('The card 0A1B2C3D is unknown');
    expect(error.message).not.toContain('0A1B2C3D');
    expect(JSON.stringify(line)).not.toContain('0A1B2C3D');
  });
});
