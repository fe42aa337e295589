import { defineConfig } from 'vitest/config';

// The dashboard in a real browser, on a running `isobar dev`.
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests wait for what they expect; how long that takes is not their subject.
    expect: { poll: { timeout: 20_000 } },
    allowOnly: !process.env.CI,
  },
});
