/** The parameter `tags`: what the stack, and with it all that is in it, is marked with. */

const textPattern = /^[\p{L}\p{N} _.:/=+@-]+$/u;
/** The framework adds one of its own. */
const mostTags = 49;

/**
 * @param text such as `team=charging, cost-centre=4711`
 * @returns values by key
 * @throws Error for what AWS would refuse
 */
export function parseTags(text: string): Record<string, string> {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseTag);
  const tags = Object.fromEntries(entries);
  const [twice] = entries.map(([key]) => key).filter((key, i, keys) => keys.indexOf(key) !== i);
  if (twice !== undefined) throw new Error(`tags: ${twice} is there twice`);
  if (entries.length > mostTags) throw new Error(`tags: there may be ${mostTags} at most`);
  return tags;
}

function parseTag(entry: string): [key: string, value: string] {
  const equals = entry.indexOf('=');
  const key = entry.slice(0, equals).trim();
  const value = entry.slice(equals + 1).trim();
  if (equals < 0 || key === '' || value === '') throw new Error(`tags: "${entry}" is not like team=charging`);
  if (key.length > 128 || value.length > 256 || !textPattern.test(entry)) {
    throw new Error(`tags: "${entry}" is longer than AWS takes, or has signs that it does not take`);
  }
  if (/^aws:/i.test(key)) throw new Error(`tags: "${key}" is AWS's own`);
  return [key, value];
}
