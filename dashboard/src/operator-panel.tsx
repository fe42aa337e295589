import type { OperatorDetail, OperatorStatus } from '../../src/server/api.ts';
import { addressOf, setParameters, useAddress } from './address.ts';
import { bytesText, countText, dateTimeText, durationText, rateText } from './format.ts';
import { Tabs } from './tabs.tsx';

const TABS = ['Counters', 'SQL', 'Plan', 'Code', 'Columns'] as const;

/** One operator: counters, the SQL it comes from, its lines of the plan, its generated code, its columns. */
export function OperatorPanel({
  operator,
  status,
  close,
}: {
  operator: OperatorDetail;
  status: OperatorStatus | undefined;
  close: () => void;
}) {
  const { parameters } = useAddress();
  const tab = TABS.find((name) => name === parameters.tab) ?? TABS[0];
  return (
    <aside class="operator-panel" aria-label={`${operator.title} ${operator.table ?? ''}`} data-test="operator-panel">
      <header>
        <h3>
          {operator.title} {operator.table}
        </h3>
        <button type="button" class="button plain" aria-label="Close" onClick={close}>
          ✕
        </button>
      </header>
      <Tabs
        names={TABS}
        chosen={tab}
        choose={(name) => setParameters({ tab: name === TABS[0] ? null : name }, true)}
        panel="operator-tab"
      />
      <div role="tabpanel" id="operator-tab" aria-label={tab} tabIndex={0}>
        {tab === 'Counters' && <Counters operator={operator} status={status} />}
        {tab === 'SQL' &&
          (operator.sql === null ? (
            <p class="quiet">Nothing in the file stands for this operator.</p>
          ) : (
            <pre>{operator.sql}</pre>
          ))}
        {tab === 'Plan' && <pre>{operator.plan.join('\n')}</pre>}
        {tab === 'Code' &&
          (operator.code === null ? <p class="quiet">No code is generated for this operator.</p> : <pre>{operator.code}</pre>)}
        {tab === 'Columns' && (
          <table class="data">
            <tbody>
              {operator.columns.map(({ name, type }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>
                    <code>{type}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </aside>
  );
}

function Counters({ operator, status }: { operator: OperatorDetail; status: OperatorStatus | undefined }) {
  if (status === undefined) return <p class="quiet">No counters yet.</p>;
  const rows: [string, string][] = [
    ['In', `${countText(status.recordsIn)}, ${rateText(status.recordsInPerSecond)}`],
    ['Out', `${countText(status.recordsOut)}, ${rateText(status.recordsOutPerSecond)}`],
    ['Changes', operator.changelog],
    ['Watermark', status.isAtEnd ? 'end of input' : dateTimeText(status.watermark)],
    ['Behind the clock', durationText(status.watermarkLagMs)],
    ['State', `${countText(status.stateEntries)} entries, ${bytesText(status.stateBytes)}`],
    ['Late rows', countText(status.late)],
  ];
  if (operator.kind === 'scan')
    rows.push(
      ['Malformed', countText(status.malformed)],
      ['Waiting to be read', status.lag === null ? '–' : countText(status.lag)],
    );
  if (operator.kind === 'sink') rows.push(['Dropped for NULL', countText(status.dropped)]);
  if (operator.connector !== null) rows.push(['Connector', operator.connector]);
  if (operator.topics.length > 0) rows.push(['Topics', operator.topics.join(', ')]);
  return (
    <>
      <table class="data">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
          {operator.index !== null && (
            <tr>
              <th scope="row">Index</th>
              <td>
                <a href={addressOf('weather', { index: operator.index })}>{operator.index}</a>
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {status.reasons.length > 0 && (
        <ul class="reasons">
          {status.reasons.map(({ reason, count }) => (
            <li key={reason}>
              {countText(count)} × {reason}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
