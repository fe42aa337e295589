import { RunError } from '../../src/base/problem.ts';

/** The variable that names each server's address. Set beforehand, it names a server that runs already, which is used and left alone. */
export const ADDRESS_VARIABLES = {
  /** `HOST:PORT` of a broker. */
  kafka: 'ISOBAR_TEST_KAFKA',
  /** The URL of an Elasticsearch 7. */
  elasticsearch: 'ISOBAR_TEST_ELASTICSEARCH',
  /** The URL of a JobManager's REST interface. */
  flink: 'ISOBAR_TEST_FLINK',
  /** The URL of a SQL Gateway. */
  gateway: 'ISOBAR_TEST_GATEWAY',
} as const;

type Server = keyof typeof ADDRESS_VARIABLES;

/** Where the servers of the tests are: start-stack.ts has started them. */
export const servers: { readonly [S in Server]: string } = {
  get kafka() {
    return addressOf('kafka');
  },
  get elasticsearch() {
    return addressOf('elasticsearch');
  },
  get flink() {
    return addressOf('flink');
  },
  get gateway() {
    return addressOf('gateway');
  },
};

function addressOf(server: Server): string {
  const address = process.env[ADDRESS_VARIABLES[server]];
  if (!address)
    throw new RunError('STACK_MISSING', `${ADDRESS_VARIABLES[server]} is not set: run the tests with npm run test:stack`);
  return address;
}
