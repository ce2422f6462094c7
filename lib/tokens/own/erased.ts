/** What is left of a Token that was erased: it keeps its place in the list, and is nobody's. */
import type { TokenSettings } from '../settings.ts';

export const isErased = (settings: TokenSettings | undefined): boolean => settings?.erased === true;
