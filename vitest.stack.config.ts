import { defineConfig } from 'vitest/config';

// The tests against real servers, which all share: one file after the other.
export default defineConfig({
  test: {
    include: ['test/stack/**/*.test.ts'],
    globalSetup: 'test/stack/global-setup.ts',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    allowOnly: !process.env.CI,
  },
});
