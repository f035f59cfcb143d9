/** Numbers in [0, 1) with 24 random bits, the same in every run (Marsaglia's xorshift32, 2003). */
export function uniform(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 8) / 2 ** 24;
  };
}
