// The panels of the Grafana dashboards; `npm run dashboards` writes the files.

/** An expression of PromQL, and the legend of its series. */
export type Query = readonly [expression: string, legend: string];

export interface Panel {
  readonly title: string;
  /** A unit of Grafana. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

export interface Dashboard {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** The rate of a counter, summed by labels (none: all of it). */
const rate = (series: string, by = ''): string => `sum${by && ` by (${by})`} (rate(${series}[$__rate_interval]))`;
const quantile = (q: number, histogram: string, by = ''): string =>
  `histogram_quantile(${q}, ${rate(histogram.replace(/(\{|$)/, '_bucket$1'), by ? `le, ${by}` : 'le')})`;
const mean = (histogram: string, by = ''): string =>
  `${rate(`${histogram}_sum`, by)} / ${rate(`${histogram}_count`, by)}`;
const most = (series: string, by: string): string => `max by (${by}) (${series})`;

const panel = (title: string, unit: string, ...queries: Query[]): Panel => ({ title, unit, queries });
const ofService = '{{service}} {{instance}}';
const ofOperation = '{{operation}}';

const latencies = (title: string, histogram: string, by = '', legend = ''): Panel =>
  panel(
    title,
    's',
    [quantile(0.5, histogram, by), `p50 ${legend}`.trim()],
    [quantile(0.99, histogram, by), `p99 ${legend}`.trim()],
  );

const processes = (services: string): Panel[] => [
  panel('CPU', 'percentunit', [
    `sum by (service, instance) (rate(process_cpu_seconds_total{service=~"${services}"}[$__rate_interval]))`,
    ofService,
  ]),
  panel('Memory', 'bytes', [
    most(`process_resident_memory_bytes{service=~"${services}"}`, 'service, instance'),
    ofService,
  ]),
  panel('Event loop: longest waits (p99)', 's', [
    most(`nodejs_eventloop_lag_p99_seconds{service=~"${services}"}`, 'service, instance'),
    ofService,
  ]),
  panel('Event loop: busy', 'percentunit', [
    `rate(parley_event_loop_active_seconds_total{service=~"${services}"}[$__rate_interval]) / (rate(parley_event_loop_active_seconds_total{service=~"${services}"}[$__rate_interval]) + rate(parley_event_loop_idle_seconds_total{service=~"${services}"}[$__rate_interval]))`,
    ofService,
  ]),
];

const database = (service: string): Panel[] => [
  latencies('Statements', `parley_database_seconds{service=~"${service}|standalone"}`, 'operation', ofOperation),
  panel(
    'Connections to PostgreSQL',
    'short',
    [`sum by (schema, state) (parley_database_connections{service=~"${service}|standalone"})`, '{{schema}} {{state}}'],
    [`sum by (schema) (parley_database_waiting{service=~"${service}|standalone"})`, '{{schema}} waiting'],
  ),
];

const calls = (service: string): Panel[] => [
  panel('Calls answered', 'reqps', [
    rate(`parley_serve_seconds_count{operation=~"${service}\\\\..*"}`, 'operation, outcome'),
    '{{operation}} {{outcome}}',
  ]),
  latencies('Answered within', `parley_serve_seconds{operation=~"${service}\\\\..*"}`, 'operation', ofOperation),
];

/** By the name of the file. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  overview: {
    title: 'Parley: overview',
    panels: [
      panel('Connections', 'short', ['sum by (dialect) (parley_connections)', '{{dialect}}']),
      panel('Messages committed', 'ops', [rate('parley_chat_messages_total', 'result'), '{{result}}']),
      panel('Frames to clients', 'ops', [rate('parley_deliveries_total'), 'deliveries']),
      latencies('From commit to socket', 'parley_delivery_lag_seconds'),
      panel('Sign-ins, sign-ups, refreshes', 'ops', [
        rate('parley_auth_outcomes_total', 'operation, outcome'),
        '{{operation}} {{outcome}}',
      ]),
      panel('Calls by outcome', 'reqps', [rate('parley_call_seconds_count', 'outcome'), '{{outcome}}']),
      panel('HTTP requests by status', 'reqps', [rate('parley_http_request_seconds_count', 'status'), '{{status}}']),
      panel(
        'What Parley stands on (1: connected)',
        'short',
        ['min by (service) (parley_bus_connected)', 'NATS {{service}}'],
        ['min by (service) (parley_redis_connected)', 'Redis {{service}}'],
      ),
      ...processes('.+'),
      panel('Clocks: difference from Prometheus', 's', [
        'parley_clock_seconds - timestamp(parley_clock_seconds)',
        ofService,
      ]),
      panel(
        'Migrations',
        'short',
        ['sum by (schema) (parley_migrations_applied_total)', 'applied {{schema}}'],
        ['max by (schema) (parley_migration_seconds)', 'seconds {{schema}}'],
      ),
    ],
  },
  gateway: {
    title: 'Parley: gateway',
    panels: [
      panel('Connections', 'short', ['sum by (instance, dialect) (parley_connections)', '{{instance}} {{dialect}}']),
      panel('Accounts present', 'short', ['sum by (instance) (parley_present_accounts)', '{{instance}}']),
      panel(
        'Connections opened and closed',
        'ops',
        [rate('parley_connections_opened_total', 'dialect'), 'opened {{dialect}}'],
        [rate('parley_connections_closed_total', 'reason'), 'closed {{reason}}'],
      ),
      panel('Refused as too much', 'ops', [rate('parley_throttled_total', 'reason'), '{{reason}}']),
      panel(
        'Frames',
        'ops',
        [rate('parley_frames_in_total'), 'in'],
        [rate('parley_deliveries_total'), 'out'],
        [rate('parley_writes_total'), 'writes'],
      ),
      panel('Bytes to clients', 'Bps', [rate('parley_sent_bytes_total', 'instance'), '{{instance}}']),
      latencies('From commit to socket', 'parley_delivery_lag_seconds'),
      latencies('From frame to answer', 'parley_intent_seconds', 'intent', '{{intent}}'),
      panel('Answers by outcome', 'ops', [
        rate('parley_intent_seconds_count', 'intent, outcome'),
        '{{intent}} {{outcome}}',
      ]),
      panel(
        'Flushing',
        's',
        ['max by (instance) (parley_flush_window_seconds)', 'window {{instance}}'],
        [
          `${rate('parley_flush_seconds_total', 'instance')} / ${rate('parley_flushes_total', 'instance')}`,
          'flush {{instance}}',
        ],
      ),
      panel(
        'Waiting for clients',
        'bytes',
        ['sum by (instance) (parley_pending_bytes)', 'all {{instance}}'],
        ['max by (instance) (parley_pending_bytes_max)', 'most of one {{instance}}'],
      ),
      panel('Frames waiting for their answer', 'short', ['sum by (instance) (parley_waiting_frames)', '{{instance}}']),
      panel(
        'Order',
        'ops',
        [rate('parley_sequencer_held_back_total'), 'held back'],
        [rate('parley_sequencer_repairs_total'), 'range reads'],
        [rate('parley_sequencer_repaired_entries_total'), 'entries repaired'],
        [rate('parley_sequencer_repair_failures_total'), 'reads failed'],
        [rate('parley_sequencer_holes_total'), 'holes'],
        [rate('parley_resets_total'), 'resets'],
      ),
      panel('Streams held', 'short', ['sum by (instance) (parley_streams)', '{{instance}}']),
      latencies('HTTP requests by wire', 'parley_http_request_seconds', 'dialect', '{{dialect}}'),
      panel('Draining', 'short', ['max by (instance) (parley_draining)', '{{instance}}']),
      ...processes('gateway|standalone'),
    ],
  },
  chat: {
    title: 'Parley: chat',
    panels: [
      panel('Messages committed', 'ops', [rate('parley_chat_messages_total', 'result'), '{{result}}']),
      panel('Waiting for the next group', 'short', ['sum by (instance) (parley_chat_waiting)', '{{instance}}']),
      latencies('Commit of a group', 'parley_chat_commit_seconds'),
      panel('Messages in a group (mean)', 'short', [mean('parley_chat_group_messages'), 'messages']),
      panel('Groups tried again', 'ops', [rate('parley_chat_commit_retries_total'), 'retries']),
      ...calls('chat'),
      ...database('chat'),
      ...processes('chat|standalone'),
    ],
  },
  bus: {
    title: 'Parley: calls and events',
    panels: [
      panel('Calls by operation', 'reqps', [rate('parley_call_seconds_count', 'operation'), ofOperation]),
      panel('Calls that failed or were refused', 'reqps', [
        rate('parley_call_seconds_count{outcome!="ok"}', 'operation, outcome'),
        '{{operation}} {{outcome}}',
      ]),
      latencies('Calls, as the caller sees them', 'parley_call_seconds', 'operation', ofOperation),
      latencies('Calls, without the way', 'parley_serve_seconds', 'operation', ofOperation),
      panel('Events published', 'ops', [rate('parley_facts_told_total', 'fact'), '{{fact}}']),
      panel(
        'Events lost',
        'ops',
        [rate('parley_facts_dropped_total', 'service'), 'dropped {{service}}'],
        [rate('parley_facts_refused_total', 'service'), 'refused {{service}}'],
      ),
      panel('Connected to NATS', 'short', ['min by (service, instance) (parley_bus_connected)', ofService]),
      panel('Connections to NATS lost', 'short', [
        'sum by (service, instance) (increase(parley_bus_disconnections_total[$__rate_interval]))',
        ofService,
      ]),
    ],
  },
  auth: {
    title: 'Parley: auth',
    panels: [
      panel('Sign-ins, sign-ups, refreshes', 'ops', [
        rate('parley_auth_outcomes_total', 'operation, outcome'),
        '{{operation}} {{outcome}}',
      ]),
      panel('Refused at the gateway', 'ops', [
        rate('parley_throttled_total{reason=~"too_many_failures|too_many_accounts|busy"}', 'reason'),
        '{{reason}}',
      ]),
      panel('Passwords waiting', 'short', ['sum by (instance) (parley_auth_hashes_waiting)', '{{instance}}']),
      panel(
        'Signing key',
        's',
        ['max by (instance) (parley_auth_signing_key_age_seconds)', 'age {{instance}}'],
        ['max(parley_auth_key_rotation_seconds)', 'rotated after'],
      ),
      panel('Verifying keys', 'short', ['max by (instance) (parley_auth_verifying_keys)', '{{instance}}']),
      panel('Jobs that failed', 'short', [
        'sum by (job) (increase(parley_auth_job_failures_total[$__rate_interval]))',
        '{{job}}',
      ]),
      ...calls('auth'),
      ...database('auth'),
      ...processes('auth|standalone'),
    ],
  },
  signaling: {
    title: 'Parley: signaling and topics',
    panels: [
      panel('Networks by fill', 'short', ['max by (fill) (parley_signaling_networks)', '{{fill}}']),
      panel(
        'Addresses',
        'short',
        ['max(parley_signaling_leases)', 'held'],
        ['max(parley_signaling_addresses)', 'in all'],
      ),
      panel('Agents online', 'short', ['max(parley_signaling_peers)', 'peers']),
      panel('Events of peers and members', 'ops', [
        rate('parley_facts_told_total{fact=~"peer.*|member.*"}', 'fact'),
        '{{fact}}',
      ]),
      panel('Deleted accounts that remain', 'short', [
        'sum by (service) (increase(parley_forget_failures_total[$__rate_interval]))',
        '{{service}}',
      ]),
      ...calls('(signaling|topics)'),
      ...database('signaling|topics'),
      ...processes('signaling|topics|standalone'),
    ],
  },
};
