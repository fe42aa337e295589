import { useEffect } from 'preact/hooks';
import type { Info } from '../../src/server/api.ts';
import { addressOf, useAddress } from './address.ts';
import { needsToken, useAnswer } from './client.ts';
import { countText, setTimeZone } from './format.ts';
import { connection, followServer, status } from './live.ts';
import { CitiesPage } from './pages/cities.tsx';
import { PipelinesPage } from './pages/pipelines.tsx';
import { ProblemsPage } from './pages/problems.tsx';
import { SqlPage } from './pages/sql.tsx';
import { WeatherPage } from './pages/weather.tsx';
import { SignIn } from './sign-in.tsx';
import { leftOutOf } from './left-out.ts';
import { Empty, Failure, Loading } from './states.tsx';
import { useStore } from './store.ts';
import { theme, toggleTheme } from './theme.ts';
import { RANGE_PARAMETERS } from './time-range.ts';

const PAGES = [
  ['weather', 'Weather'],
  ['cities', 'Cities'],
  ['pipelines', 'Pipelines'],
  ['problems', 'Problems'],
  ['sql', 'SQL'],
] as const;

export function App() {
  const { page } = useAddress();
  const isLocked = useStore(needsToken);
  const state = useStore(connection);
  const info = useAnswer<Info>('/api/info', `${isLocked} ${state === 'lost'}`);
  useEffect(followServer, []);
  if (info.data !== null) setTimeZone(info.data.timeZone);
  const title = PAGES.find(([name]) => name === page)?.[1];
  useEffect(() => {
    document.title = title === undefined ? 'Isobar' : `${title} – Isobar`;
  }, [title]);
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => (event.preventDefault(), document.getElementById('content')?.focus())}>
        Skip to content
      </a>
      <Header page={page} />
      {state === 'lost' && !isLocked && (
        <div class="banner" role="alert">
          The connection to Isobar is lost. What is shown may be old; the page connects again by itself.
        </div>
      )}
      <main id="content" tabIndex={-1}>
        {isLocked ? (
          <SignIn />
        ) : info.data !== null ? (
          <Page page={page} info={info.data} />
        ) : info.error !== null ? (
          <Failure error={info.error} />
        ) : (
          <Loading />
        )}
      </main>
    </>
  );
}

function Page({ page, info }: { page: string; info: Info }) {
  switch (page) {
    case 'weather':
      return info.hasStore ? <WeatherPage /> : <NoStore />;
    case 'cities':
      return info.hasStore ? <CitiesPage /> : <NoStore />;
    case 'pipelines':
      return <PipelinesPage />;
    case 'problems':
      return <ProblemsPage />;
    case 'sql':
      return <SqlPage info={info} />;
    default:
      return <Empty title="There is no such page" />;
  }
}

function NoStore() {
  return (
    <Empty title="This job works on real Kafka and Elasticsearch">
      Its results are there, not here. <a href={addressOf('pipelines')}>Pipelines</a> shows how it is doing.
    </Empty>
  );
}

function Header({ page }: { page: string }) {
  const { parameters } = useAddress();
  const kept = Object.fromEntries(RANGE_PARAMETERS.map((name) => [name, parameters[name] ?? null]));
  const state = useStore(connection);
  const current = useStore(theme);
  const jobs = useStore(status)?.jobs ?? [];
  const problems = jobs.reduce((sum, job) => sum + leftOutOf(job), 0);
  const failed = jobs.filter((job) => job.state === 'failed').length;
  const badges: Readonly<Record<string, number>> = { problems, pipelines: failed };
  return (
    <header class="top">
      <a class="brand" href={addressOf('weather', kept)}>
        <img src="./icon.svg" alt="" width="24" height="24" /> Isobar
      </a>
      <nav aria-label="Pages">
        {PAGES.map(([name, text]) => (
          <a key={name} href={addressOf(name, kept)} aria-current={name === page ? 'page' : undefined}>
            {text}
            {badges[name] > 0 && (
              <span class={`badge ${name === 'pipelines' ? 'bad' : ''}`} title={badgeTitle(name, badges[name])}>
                {badges[name] > 9999 ? '9,999+' : countText(badges[name])}
                <span class="visually-hidden"> {name === 'pipelines' ? 'failed' : 'left out'}</span>
              </span>
            )}
          </a>
        ))}
      </nav>
      <span
        class={`connection ${state}`}
        role="status"
        title={{ connecting: 'Connecting', live: 'Live', lost: 'Not connected' }[state]}
      >
        <i aria-hidden="true" />
        <span>{{ connecting: 'connecting', live: 'live', lost: 'not connected' }[state]}</span>
      </span>
      <button
        type="button"
        class="button plain"
        onClick={toggleTheme}
        aria-label={current === 'dark' ? 'Light colours' : 'Dark colours'}
      >
        {current === 'dark' ? '☀' : '☾'}
      </button>
    </header>
  );
}

const badgeTitle = (name: string, count: number): string =>
  name === 'pipelines' ? `${countText(count)} failed` : `${countText(count)} messages malformed, late or rejected`;
