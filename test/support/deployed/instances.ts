/** How many processes of one function there are at most: Lambda would start as many as there are calls, here they share a few cores. */
export const instancesOfLambda = 3;
