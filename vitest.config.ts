import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/stack/**', 'test/browser/**'],
    pool: 'threads',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // A test that was narrowed down for debugging must not land.
    allowOnly: !process.env.CI,
  },
});
