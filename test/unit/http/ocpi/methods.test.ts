/** The methods of an `Allow` are those that serverless.yml routes. */
import { expect, test } from 'vitest';
import { methodsAt } from '../../../../lib/http/ocpi/methods.ts';
import { readServerlessYml } from '../../../../lib/local/serverless-yml.ts';

const routes = readServerlessYml().functions.flatMap((lambda) => lambda.routes);
const methodsOf = (path: string) =>
  routes.filter((route) => route.endsWith(` ${path}`) && !route.startsWith('ANY')).map((route) => route.split(' ')[0]);
const paths = routes.filter((route) => route.startsWith('ANY /ocpi')).map((route) => route.slice(4));

/** Two endpoints share this pattern, told apart by the rest of the path. */
const shared = '/ocpi/emsp/{version}/tokens/{path+}';

test.each(paths.filter((path) => path !== shared))('%s', (path) => {
  expect(methodsAt(`ANY ${path}`, '')).toEqual(methodsOf(path));
});

test('the list and real-time authorization have one each', () => {
  const list = methodsAt(`ANY ${shared}`, '') ?? [];
  const authorize = methodsAt(`ANY ${shared}`, 'A/B/authorize/') ?? [];
  expect([...list, ...authorize]).toEqual(methodsOf(shared));
});

test.each([
  ['$default', ''],
  [`ANY ${shared}`, 'A'],
  ['ANY /ocpi/{version}/credentials/{path+}', 'more'],
])('nothing is at %s with %j', (routeKey, path) => {
  expect(methodsAt(routeKey, path)).toBeUndefined();
});
