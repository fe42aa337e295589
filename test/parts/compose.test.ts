// deploy/: the Compose files and images, as far as they can be checked without Docker.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { DCLinter } from 'dclint';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/main.ts';
import { compile } from '../../src/compile/compile.ts';
import { deploy, readCompose, wordsOf, type Service } from './compose-file.ts';

const root = resolve(deploy, '..');
const manifest = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
  version: string;
  devDependencies: Record<string, string>;
};
const dockerfile = (name: string): string => readFileSync(resolve(deploy, 'images', name), 'utf8').replace(/\\\n/g, '');

/** Ports of this machine, by service: those of the demonstration that this one is built after, and the SQL Gateway's. */
const PORTS = { jobmanager: 8081, kafka: 9092, elasticsearch: 9200, kibana: 5601, 'sql-gateway': 8083 };
const VARIANTS = [
  { files: ['compose.yaml'], ports: PORTS },
  { files: ['compose.yaml', 'compose.zookeeper.yaml'], ports: { ...PORTS, zookeeper: 2181 } },
] as const;

/** Rules of dclint beside the specification's JSON schema; its other rules are about the order of keys. */
const RULES = new Set([
  'no-duplicate-container-names',
  'no-duplicate-exported-ports',
  'no-unbound-port-interfaces',
  'no-version-field',
  'require-quotes-in-ports',
  'service-image-require-explicit-tag',
]);

interface Finding {
  readonly rule: string;
  readonly type: string;
  readonly message: string;
  readonly line: number;
}

test.each(['compose.yaml', 'compose.zookeeper.yaml'])('%s is valid by the Compose specification', (name) => {
  const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] });
  const [{ messages }] = linter.lintFiles([resolve(deploy, name)], false) as { messages: readonly Finding[] }[];
  const wrong = messages.filter(({ rule, type }) => type === 'error' || RULES.has(rule));
  expect(wrong.map(({ rule, message, line }) => `${name}:${line}: ${rule}: ${message}`)).toEqual([]);
});

describe.each(VARIANTS)('docker compose -f $files', ({ files, ports }) => {
  const { services, volumes } = readCompose(...files);
  const all = Object.entries(services);
  const isOnce = ({ restart }: Service): boolean => restart === 'no';
  /** Names and what is wrong with them. */
  const wrongAmong = (isWrong: (service: Service) => unknown): string[] =>
    all.filter(([, service]) => isWrong(service)).map(([name]) => name);

  test('has the services and ports of the original, and those that make it complete', () => {
    const original = ['jobmanager', 'taskmanager', 'kafka', 'generator', 'elasticsearch', 'kibana', 'load-kibana-dashboard'];
    const added = ['sql-gateway', 'generator-cities', 'create-topics', 'index-template', 'submit-weather', 'submit-cities'];
    const zookeeper = 'zookeeper' in ports ? ['zookeeper'] : [];
    expect(Object.keys(services).sort()).toEqual([...original, ...added, ...zookeeper].sort());
    const published = all.flatMap(([name, service]) => (service.ports ?? []).map((port) => [name, port] as const));
    expect(published.every(([, port]) => /^127\.0\.0\.1:\d+:\d+$/.test(port))).toBe(true);
    expect(Object.fromEntries(published.map(([name, port]) => [name, Number(port.split(':')[1])]))).toEqual(ports);
  });

  test('runs nothing as root, without limits or with more rights than it needs', () => {
    expect(wrongAmong(({ user }) => user === undefined || /^(root|0)(:|$)/.test(user))).toEqual([]);
    expect(wrongAmong((service) => service.mem_limit === undefined)).toEqual([]);
    expect(wrongAmong((service) => !service.cap_drop?.includes('ALL'))).toEqual([]);
    expect(wrongAmong((service) => !service.security_opt?.includes('no-new-privileges:true'))).toEqual([]);
    expect(wrongAmong(({ logging }) => !logging?.options['max-size'] || !logging.options['max-file'])).toEqual([]);
    expect(wrongAmong(({ image, read_only }) => image.startsWith('isobar:') && !read_only)).toEqual([]);
    const mebibytes = (limit: string): number => Number.parseInt(limit) * (limit.endsWith('g') ? 1024 : 1);
    const total = all.reduce((sum, [, service]) => sum + mebibytes(service.mem_limit ?? '0m'), 0);
    expect(total, 'the README says 12 GB').toBeLessThanOrEqual(12 * 1024);
  });

  test('pins every image', () => {
    expect(wrongAmong(({ image }) => !/:\d+\.\d+\.\d+$/.test(image))).toEqual([]);
    const own = new Set(all.flatMap(([, { image, build }]) => (build === undefined ? [] : [`${image} ${build.dockerfile}`])));
    expect([...own].sort()).toEqual([
      'isobar-flink:1.20.5 deploy/images/flink.Dockerfile',
      `isobar:${manifest.version} deploy/images/isobar.Dockerfile`,
    ]);
    for (const [, { build }] of all) {
      if (build !== undefined) expect(existsSync(resolve(deploy, build.context, build.dockerfile))).toBe(true);
    }
  });

  test('knows of each service whether it is up, or has done its work', () => {
    expect(wrongAmong((service) => isOnce(service) === (service.healthcheck !== undefined))).toEqual([]);
    expect(wrongAmong((service) => !isOnce(service) && service.restart !== 'unless-stopped')).toEqual([]);
    const wrong = all.flatMap(([name, { depends_on = {} }]) =>
      Object.entries(depends_on).flatMap(([other, { condition }]) => {
        const service = services[other];
        if (service === undefined) return [`${name} depends on ${other}, which is not there`];
        const wanted = isOnce(service) ? 'service_completed_successfully' : 'service_healthy';
        return condition === wanted ? [] : [`${name} waits for ${condition} of ${other}`];
      }),
    );
    expect(wrong).toEqual([]);
    const visit = (name: string, path: readonly string[]): void => {
      expect(path, 'services wait for each other').not.toContain(name);
      for (const other of Object.keys(services[name].depends_on ?? {})) visit(other, [...path, name]);
    };
    all.forEach(([name]) => visit(name, []));
  });

  test('waits for every service whose address it is given', () => {
    const hosts = /\b([a-z][a-z-]*):\d{4,5}\b/g;
    const wrong = all.flatMap(([name, { command, healthcheck, environment = {} }]) => {
      const text = [...wordsOf(command), ...wordsOf(healthcheck?.test), ...Object.values(environment)].join(' ');
      const named = [...text.matchAll(hosts)].map(([, host]) => host).filter((host) => host !== 'localhost' && host !== name);
      const before = ancestorsOf(name);
      return named.filter((host) => !before.has(host)).map((host) => `${name} uses ${host}`);
    });
    expect(wrong).toEqual([]);
  });

  function ancestorsOf(name: string): Set<string> {
    const direct = Object.keys(services[name].depends_on ?? {});
    return new Set(direct.flatMap((other) => [other, ...ancestorsOf(other)]));
  }

  test('declares its volumes and finds its files', () => {
    const mounts = all.flatMap(([, service]) => service.volumes ?? []).map((volume) => volume.split(':'));
    const named = new Set(mounts.map(([source]) => source).filter((source) => !source.startsWith('.')));
    const replaced = files.length > 1 ? ['kafka-data'] : [];
    expect([...named, ...replaced].sort()).toEqual(Object.keys(volumes).sort());
    for (const [source, , mode] of mounts.filter(([path]) => path.startsWith('.'))) {
      expect(existsSync(resolve(deploy, source)), source).toBe(true);
      expect(mode, source).toBe('ro');
    }
  });

  test('keeps the checkpoints where JobManager and TaskManager both reach them', () => {
    const settings = new Map(
      String(services.jobmanager.environment?.FLINK_PROPERTIES)
        .trim()
        .split('\n')
        .map((line) => line.split(/: (.*)/, 2) as [string, string]),
    );
    expect(settings.get('execution.checkpointing.interval')).toMatch(/^\d+s$/);
    for (const name of ['jobmanager', 'taskmanager', 'sql-gateway']) {
      expect(services[name].environment?.FLINK_PROPERTIES).toBe(services.jobmanager.environment?.FLINK_PROPERTIES);
      const [, target] = (services[name].volumes ?? []).find((volume) => volume.startsWith('flink-state:'))?.split(':') ?? [];
      expect(settings.get('execution.checkpointing.dir')).toBe(`file://${target}/checkpoints`);
      expect(settings.get('execution.checkpointing.savepoint-dir')).toBe(`file://${target}/savepoints`);
    }
  });

  test('gives the command only what it takes, and files that are in the image', async () => {
    const image = dockerfile('isobar.Dockerfile');
    const copied = [...image.matchAll(/^COPY (?!--from|package)(\S+) (\S+)$/gm)].filter(([, source]) => source !== '.');
    const isInImage = (path: string): boolean =>
      copied.some(([, source, target]) => path.startsWith(target) && existsSync(resolve(root, path.replace(target, source))));
    const lines = all
      .filter(([, service]) => service.image.startsWith('isobar:'))
      .flatMap(([, { command, healthcheck }]) => [
        wordsOf(command),
        ...(healthcheck ? [wordsOf(healthcheck.test).slice(2)] : []),
      ]);
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) {
      expect(await commandOf(line), line.join(' ')).toBe(true);
      for (const path of line.filter((word) => /\.(sql|ndjson)$/.test(word))) expect(isInImage(path), path).toBe(true);
    }
  });

  test('makes the topics of the pipelines, which find Kafka and Elasticsearch under the names of their services', () => {
    const tables = ['weather', 'cities'].flatMap((name) => {
      const text = readFileSync(resolve(root, `pipelines/${name}.sql`), 'utf8');
      return compile({ name, text }, { local: true }).nodes.flatMap((node) =>
        'table' in node && node.table !== null ? [node.table.bound.settings as TableSettings] : [],
      );
    });
    const topics = tables.flatMap((table) => table.topics ?? []);
    const created = wordsOf(services['create-topics'].command).slice(2, -2);
    expect([...created].sort()).toEqual([...new Set(topics)].sort());
    for (const { hosts, properties } of tables) {
      if (hosts !== undefined) expect(hosts).toEqual([`http://elasticsearch:${ports.elasticsearch}`]);
      if (properties !== undefined) expect(properties['bootstrap.servers']).toBe(`kafka:${ports.kafka}`);
    }
  });

  test('has Kafka listen for its own network and for this machine', () => {
    const { environment = {}, ports: published = [] } = services.kafka;
    const file = files.length > 1 ? readFileSync(resolve(deploy, 'kafka/zookeeper.properties'), 'utf8') : '';
    const setting = (name: string): string =>
      file === ''
        ? String(environment[`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`])
        : (new RegExp(`^${name.replaceAll('.', '\\.')}=(.*)$`, 'm').exec(file)?.[1] ?? '');
    expect(setting('advertised.listeners')).toBe('PLAINTEXT://kafka:9092,HOST://localhost:9092');
    expect(setting('listeners')).toMatch(/^PLAINTEXT:\/\/:9092,HOST:\/\/:29092(,|$)/);
    expect(published).toEqual(['127.0.0.1:9092:29092']);
    expect(services.kafka.volumes?.map((volume) => volume.split(':')[1])).toContain(setting('log.dirs'));
  });
});

interface TableSettings {
  readonly topics?: readonly string[] | null;
  readonly hosts?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
}

/** Has the real command line parse the words, without doing what they say. */
async function commandOf(words: readonly string[]): Promise<boolean> {
  const program = createProgram();
  let isParsed = false;
  const disarm = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => void (isParsed = true));
    else command.commands.forEach(disarm);
  };
  disarm(program);
  await program.parseAsync(words, { from: 'user' });
  return isParsed;
}

describe('images', () => {
  const names = readdirSync(resolve(deploy, 'images')).filter((name) => name.endsWith('.Dockerfile'));

  test.each(names)('%s starts from pinned images, ends without root and copies what there is', (name) => {
    const text = dockerfile(name);
    const stages = [...text.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)];
    expect(stages.map(([, image]) => image).filter((image) => !/:\d+\.\d+\.\d+[\w.-]*$/.test(image))).toEqual([]);
    expect([...text.matchAll(/^USER (\S+)$/gm)].at(-1)?.[1]).toMatch(/^(?!root|0)/);
    const known = new Set(stages.map(([, , stage]) => stage));
    for (const [, stage] of text.matchAll(/--from=(\S+)/g)) expect(known).toContain(stage);
    const sources = [...text.matchAll(/^COPY (?!--|<<)(.*) \S+$/gm)].flatMap(([, list]) => list.split(' '));
    expect(sources.filter((source) => !existsSync(resolve(root, source)))).toEqual([]);
  });

  test('ours has the Node that the project is developed with', () => {
    const images = [...dockerfile('isobar.Dockerfile').matchAll(/^FROM node:([\d.]+)/gm)].map(([, version]) => version);
    expect([...new Set(images)]).toEqual([manifest.devDependencies.node]);
  });

  test("Flink's connectors are checked", () => {
    const text = dockerfile('flink.Dockerfile');
    const jars = [...text.matchAll(/-Dartifact=[\w.]+:([\w-]+):([\w.-]+)/g)].map(([, name, version]) => `${name}-${version}.jar`);
    const sums = [...text.matchAll(/^[0-9a-f]{64} {2}(\S+)$/gm)].map(([, jar]) => jar);
    expect(jars).toHaveLength(2);
    expect(sums).toEqual(jars);
  });
});
