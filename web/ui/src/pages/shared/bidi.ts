// isolated keeps a name's writing direction, and what it says about direction, to itself: for names inside sentences.
export const isolated = (name: string) => `\u2068${name}\u2069`;
