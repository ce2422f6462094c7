/** Which route of an HTTP API a request takes, by API Gateway's rules. */

export interface RouteMatch<Target> {
  routeKey: string;
  target: Target;
  pathParameters?: Record<string, string>;
}

type Route<Target> = { routeKey: string; target: Target; variables: string[] };
type ByMethod<Target> = Map<string, Route<Target>>;
interface Branch<Target> {
  fixed: Map<string, Branch<Target>>;
  variable?: Branch<Target>;
  greedy: ByMethod<Target>;
  end: ByMethod<Target>;
}

/**
 * Compiles routes (`GET /a/{b}/{rest+}`, `ANY /a`, `$default`) once and returns the lookup by method and decoded path.
 * A fixed segment wins over `{variable}`, that over `{greedy+}`, a named method over ANY, and any route over `$default`.
 * A greedy variable also matches the nothing after a trailing slash. Throws when two routes have the same key.
 */
export const routeTable = <Target>(routes: Iterable<readonly [routeKey: string, target: Target]>) => {
  const root = branch<Target>();
  let fallback: Route<Target> | undefined;
  for (const [routeKey, target] of routes) {
    if (routeKey === '$default') fallback = { routeKey, target, variables: [] };
    else addRoute(root, routeKey, target);
  }

  return (method: string, path: string): RouteMatch<Target> | undefined => {
    const values: string[] = [];
    const route = find(root, path.split('/'), 1, method, values) ?? fallback;
    if (!route) return undefined;
    const { routeKey, target, variables } = route;
    if (variables.length === 0) return { routeKey, target };
    return {
      routeKey,
      target,
      pathParameters: Object.fromEntries(variables.map((name, at) => [name, values[at] ?? ''])),
    };
  };
};

const branch = <Target>(): Branch<Target> => ({ fixed: new Map(), greedy: new Map(), end: new Map() });

const addRoute = <Target>(root: Branch<Target>, routeKey: string, target: Target) => {
  const [method = '', path = ''] = routeKey.split(' ');
  const variables: string[] = [];
  let at = root;
  let leaf: ByMethod<Target> | undefined;
  for (const segment of path.split('/').slice(1)) {
    const { variable, greedy } = /^\{(?<variable>[^+}]+)(?<greedy>\+?)\}$/.exec(segment)?.groups ?? {};
    if (variable !== undefined) variables.push(variable);
    if (greedy === '+') leaf = at.greedy;
    else if (variable !== undefined) at = at.variable ??= branch();
    else at = childOf(at, segment);
  }
  leaf ??= at.end;
  if (leaf.has(method)) throw new Error(`Two functions have the route ${routeKey}`);
  leaf.set(method, { routeKey, target, variables });
};

const childOf = <Target>(parent: Branch<Target>, segment: string): Branch<Target> => {
  const child = parent.fixed.get(segment) ?? branch();
  parent.fixed.set(segment, child);
  return child;
};

// Depth first, most specific first; `values` holds what the variables on the way to the result stand for.
const find = <Target>(
  at: Branch<Target>,
  segments: string[],
  index: number,
  method: string,
  values: string[],
): Route<Target> | undefined => {
  const segment = segments[index];
  if (segment === undefined) return byMethod(at.end, method);

  const fixed = at.fixed.get(segment);
  const found = fixed && find(fixed, segments, index + 1, method, values);
  if (found) return found;

  if (at.variable && segment !== '') {
    values.push(segment);
    const found = find(at.variable, segments, index + 1, method, values);
    if (found) return found;
    values.pop();
  }

  const greedy = byMethod(at.greedy, method);
  if (greedy) values.push(segments.slice(index).join('/'));
  return greedy;
};

const byMethod = <Target>(routes: ByMethod<Target>, method: string) => routes.get(method) ?? routes.get('ANY');
