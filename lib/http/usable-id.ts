/** Ids that come with a request, from whomever: they are sent back and logged. */

/** OCPI gives them 36 characters; what is longer than any id is not sent back and not logged. */
const usable = /^[\x20-\x7e]{1,255}$/;

/** @returns undefined for what is no id that anybody would choose */
export const usableId = (id: string | undefined): string | undefined => (id && usable.test(id) ? id : undefined);
