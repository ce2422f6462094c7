/** What the compiler refuses of a chain; `npm run types` fails where it accepts. */
import { type Chain, chain, type Middleware, type Shell } from '../../../lib/http/chain.ts';

interface Named {
  name: string;
}
interface Aged {
  age: number;
}

declare const shell: Shell<Named>;
declare const named: Middleware<object, Named>;
declare const aged: Middleware<Named, Aged>;
declare const misnamed: Middleware<object, { name: number }>;
declare const later: Middleware<Named & Aged>;

chain(shell).use(named).use(aged).use(later);

// @ts-expect-error needs a name, which nothing has added
chain(shell).use(aged);

// @ts-expect-error needs an age, which comes after it
chain(shell).use(named).use(later).use(aged);

// @ts-expect-error the shell reads a name that is a string
chain(shell).use(misnamed);

chain(shell)
  .use(named)
  .to(async ({ name }) => ({ data: name.length }));

const told = chain(shell).use(named);
// @ts-expect-error nothing has added an age
told.to(async ({ age }) => ({ data: age }));

// @ts-expect-error a chain that knows less is not one that knows more
export const known: Chain<Named & Aged, Named> = chain(shell).use(named);
