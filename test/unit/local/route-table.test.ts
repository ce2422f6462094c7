import { describe, expect, test } from 'vitest';
import { routeTable } from '../../../lib/local/route-table.ts';

const table = (...routeKeys: string[]) => routeTable(routeKeys.map((routeKey) => [routeKey, routeKey] as const));

describe('the most specific route wins', () => {
  const match = table(
    '$default',
    'GET /{all+}',
    'ANY /pets/{id+}',
    'GET /pets/{id}',
    'GET /pets/dog',
    'PUT /pets/{id}/toys/{toy+}',
    'ANY /pets/{id}/toys/{toy+}',
  );
  test.each([
    ['GET', '/pets/dog', 'GET /pets/dog'],
    ['GET', '/pets/cat', 'GET /pets/{id}'],
    ['GET', '/pets/cat/1', 'ANY /pets/{id+}'],
    ['POST', '/pets/dog', 'ANY /pets/{id+}'],
    ['PUT', '/pets/cat/toys/ball', 'PUT /pets/{id}/toys/{toy+}'],
    ['PATCH', '/pets/cat/toys/ball', 'ANY /pets/{id}/toys/{toy+}'],
    ['GET', '/birds', 'GET /{all+}'],
    ['GET', '/pets', 'GET /{all+}'],
    ['POST', '/birds', '$default'],
    ['HEAD', '/birds', '$default'],
    ['GET', '/Pets/dog', 'GET /{all+}'],
  ])('%s %s takes %s', (method, path, routeKey) => {
    expect(match(method, path)).toMatchObject({ routeKey, target: routeKey });
  });
});

test('variables stand for decoded segments, a greedy one for the rest with its slashes', () => {
  const match = table('GET /ocpi/{version}/tokens/{path+}');
  expect(match('GET', '/ocpi/2.2.1/tokens/NL/a b/')?.pathParameters).toEqual({ version: '2.2.1', path: 'NL/a b/' });
  expect(match('GET', '/ocpi/2.2.1/tokens//NL')?.pathParameters).toEqual({ version: '2.2.1', path: '/NL' });
});

test('the variables of a branch that led nowhere leave nothing behind', () => {
  const match = table('GET /{a}/x/{b}/end', 'GET /{c}/{d+}');
  expect(match('GET', '/1/x/2/other')?.pathParameters).toEqual({ c: '1', d: 'x/2/other' });
});

test('a route without variables has no path parameters', () => {
  expect(table('GET /a')('GET', '/a')).toEqual({ routeKey: 'GET /a', target: 'GET /a' });
});

test('a trailing slash is the nothing that a greedy variable matches, and no other route does', () => {
  expect(table('GET /tokens')('GET', '/tokens/')).toBeUndefined();
  expect(table('GET /tokens/{id}')('GET', '/tokens/')).toBeUndefined();
  expect(table('GET /tokens/{path+}')('GET', '/tokens')).toBeUndefined();
  expect(table('GET /tokens/{path+}')('GET', '/tokens/')?.pathParameters).toEqual({ path: '' });
});

test('no route at all is no match', () => {
  expect(table('GET /a')('GET', '/b')).toBeUndefined();
  expect(table('GET /a')('POST', '/a')).toBeUndefined();
});

test('two functions cannot have one route', () => {
  expect(() => table('GET /a/{b}', 'GET /a/{c}')).toThrow('Two functions have the route GET /a/{c}');
});
