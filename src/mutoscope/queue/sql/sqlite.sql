-- The request store's statements for SQLite. Counters of blocks and accounts follow the states by triggers.

-- --- submit ---

-- name: request_insert
-- A new request, waiting or already decided.
INSERT INTO requests (
  id, account_id, endpoint_id, pool, priority, state, public_base, queue_base, is_sync, idempotency_key,
  created, start_deadline, max_attempts, finished, status_code, error, error_type, webhook_url, keeps_payloads, lifecycle,
  key_id, unit_price
) VALUES (
  :id, :account_id, :endpoint_id, :pool, :priority, :state, :public_base, :queue_base, :is_sync, :idempotency_key,
  :created, :start_deadline, :max_attempts, :finished, :status_code, :error, :error_type,
  :webhook_url, :keeps_payloads, :lifecycle, :key_id, :unit_price
) RETURNING seq;

-- name: arguments_insert
-- What the caller sent.
INSERT INTO arguments (request_seq, body, digest) VALUES (:seq, :body, :digest);

-- name: line_length
-- How many of a pool wait at this priority or before it.
SELECT coalesce(sum(queued), 0) AS queued FROM queue_blocks WHERE pool = :pool AND priority <= :priority;

-- name: endpoint_length
-- How many wait for an endpoint, counted up to a bound.
SELECT count(*) AS queued FROM (
  SELECT 1 FROM requests WHERE state = 'queued' AND endpoint_id = :endpoint_id LIMIT :count_max
);

-- name: request_by_idempotency_key
-- The request that an account submitted under this key.
SELECT requests.id, arguments.digest
FROM requests JOIN arguments ON arguments.request_seq = requests.seq
WHERE requests.account_id = :account_id AND requests.idempotency_key = :idempotency_key;

-- --- claim ---

-- name: claim_next
-- Start the first of a pool; nothing when the line is empty or its first has as many running as it may.
UPDATE requests
SET state = 'running', attempt = attempt + 1, started = :now, runner_id = :runner_id, boot_id = :boot_id,
  token = seq || '.' || :secret, lease_until = :lease_until
WHERE seq = (
  SELECT first.seq FROM requests AS first
  WHERE first.state = 'queued' AND first.pool = :pool AND (first.start_deadline IS NULL OR first.start_deadline > :now)
  ORDER BY first.priority, first.seq LIMIT 1
) AND (
  :key_concurrency = 0 OR :key_concurrency > (
    SELECT sum(usage.running) FROM key_usage AS usage WHERE usage.account_id = requests.account_id
  )
)
RETURNING seq, id, account_id, endpoint_id, attempt, token, created, lifecycle, keeps_payloads,
  (SELECT body FROM arguments WHERE request_seq = requests.seq AND length(body) <= :bytes_max) AS arguments;

-- name: claim_next_below_limit
-- Start the first of a pool among accounts that have less running than they may: one look per account, not per request.
UPDATE requests
SET state = 'running', attempt = attempt + 1, started = :now, runner_id = :runner_id, boot_id = :boot_id,
  token = seq || '.' || :secret, lease_until = :lease_until
WHERE seq = (
  SELECT first.seq
  FROM key_usage AS waiting JOIN requests AS first ON first.seq = (
    SELECT own.seq FROM requests AS own
    WHERE own.state = 'queued' AND own.pool = :pool AND own.account_id = waiting.account_id
      AND (own.start_deadline IS NULL OR own.start_deadline > :now)
    ORDER BY own.priority, own.seq LIMIT 1
  )
  WHERE waiting.pool = :pool AND waiting.queued > 0 AND :key_concurrency > (
    SELECT sum(usage.running) FROM key_usage AS usage WHERE usage.account_id = waiting.account_id
  )
  ORDER BY first.priority, first.seq LIMIT 1
)
RETURNING seq, id, account_id, endpoint_id, attempt, token, created, lifecycle, keeps_payloads,
  (SELECT body FROM arguments WHERE request_seq = requests.seq AND length(body) <= :bytes_max) AS arguments;

-- name: attempt_insert
-- A start, in the request's history.
INSERT INTO attempts (request_seq, n, attempt, runner_id, boot_id, started)
SELECT :seq, coalesce(max(n), 0) + 1, :attempt, :runner_id, :boot_id, :now FROM attempts WHERE request_seq = :seq;

-- --- what an attempt writes ---

-- name: request_by_token
-- The request that this token is, or was, the newest of.
SELECT seq, id, account_id, endpoint_id, pool, state, attempt, max_attempts, created, start_deadline, cancel_outcome, last_event
FROM requests WHERE seq = :seq AND token = :token;

-- name: lease_renew
-- Extend a lease that has not been taken away.
UPDATE requests SET lease_until = :lease_until
WHERE seq = :seq AND token = :token AND state = 'running'
RETURNING cancel_outcome IS NOT NULL AS cancel_requested;

-- name: event_insert
-- One log line.
INSERT INTO events (request_seq, n, attempt, ts, level, message) VALUES (:seq, :n, :attempt, :ts, :level, :message);

-- name: last_event_set
-- The number of the newest log line.
UPDATE requests SET last_event = :n WHERE seq = :seq;

-- name: attempt_end
-- How the running attempt ended.
UPDATE attempts SET ended = :now, outcome = :outcome, detail = :detail WHERE request_seq = :seq AND ended IS NULL;

-- name: request_end
-- The last move of a request.
UPDATE requests
SET state = :state, finished = :now, lease_until = NULL, status_code = :status_code, error = :error,
  error_type = :error_type, billable_units = :billable_units, inference_s = :inference_s, output_keys = :output_keys
WHERE seq = :seq AND state IN ('queued', 'running')
RETURNING webhook_url IS NOT NULL AS has_webhook;

-- name: result_insert
-- The answer of a finished request.
INSERT INTO results (request_seq, body) VALUES (:seq, :body);

-- name: request_return
-- A running request goes back to its place in the line.
UPDATE requests
SET state = 'queued', attempt = :attempt, started = NULL, runner_id = NULL, boot_id = NULL, token = NULL, lease_until = NULL
WHERE seq = :seq AND state = 'running';

-- --- cancel ---

-- name: request_to_cancel
-- What a cancel needs to know.
SELECT seq, id, account_id, endpoint_id, pool, state, attempt, max_attempts, created, start_deadline, cancel_outcome, last_event
FROM requests WHERE id = :id;

-- name: cancel_request
-- Remember that a running request is to stop, and what its end will say; the first cancel decides.
UPDATE requests SET cancel_outcome = coalesce(cancel_outcome, :cancel_outcome) WHERE seq = :seq AND state = 'running';

-- --- looks ---

-- name: request_by_id
-- A request without its payloads; while it waits, its position: blocks before its own, and rank from its block's nearer end.
SELECT id, seq, account_id, endpoint_id, pool, state, priority, public_base, queue_base, is_sync, attempt, max_attempts,
  cancel_outcome IS NOT NULL AS cancel_requested, created, started, finished, start_deadline, status_code, error,
  error_type, billable_units, inference_s, last_event,
  CASE WHEN state <> 'queued' THEN NULL WHEN own.seq % :block_rows < :block_rows / 2 THEN (
    SELECT coalesce(sum(blocks.queued), 0) FROM queue_blocks AS blocks
    WHERE blocks.pool = own.pool AND (blocks.priority, blocks.block) < (own.priority, own.seq / :block_rows)
  ) + (
    SELECT count(*) FROM requests AS others
    WHERE others.state = 'queued' AND others.pool = own.pool AND others.priority = own.priority
      AND others.seq >= own.seq / :block_rows * :block_rows AND others.seq < own.seq
  ) ELSE (
    SELECT coalesce(sum(blocks.queued), 0) FROM queue_blocks AS blocks
    WHERE blocks.pool = own.pool AND (blocks.priority, blocks.block) <= (own.priority, own.seq / :block_rows)
  ) - (
    SELECT count(*) FROM requests AS others
    WHERE others.state = 'queued' AND others.pool = own.pool AND others.priority = own.priority
      AND others.seq >= own.seq AND others.seq < (own.seq / :block_rows + 1) * :block_rows
  ) END AS position
FROM requests AS own WHERE id = :id;

-- name: requests_by_ids
-- Several requests, as request_by_id; the ids come as a JSON array.
SELECT id, seq, account_id, endpoint_id, pool, state, priority, public_base, queue_base, is_sync, attempt, max_attempts,
  cancel_outcome IS NOT NULL AS cancel_requested, created, started, finished, start_deadline, status_code, error,
  error_type, billable_units, inference_s, last_event,
  CASE WHEN state <> 'queued' THEN NULL WHEN own.seq % :block_rows < :block_rows / 2 THEN (
    SELECT coalesce(sum(blocks.queued), 0) FROM queue_blocks AS blocks
    WHERE blocks.pool = own.pool AND (blocks.priority, blocks.block) < (own.priority, own.seq / :block_rows)
  ) + (
    SELECT count(*) FROM requests AS others
    WHERE others.state = 'queued' AND others.pool = own.pool AND others.priority = own.priority
      AND others.seq >= own.seq / :block_rows * :block_rows AND others.seq < own.seq
  ) ELSE (
    SELECT coalesce(sum(blocks.queued), 0) FROM queue_blocks AS blocks
    WHERE blocks.pool = own.pool AND (blocks.priority, blocks.block) <= (own.priority, own.seq / :block_rows)
  ) - (
    SELECT count(*) FROM requests AS others
    WHERE others.state = 'queued' AND others.pool = own.pool AND others.priority = own.priority
      AND others.seq >= own.seq AND others.seq < (own.seq / :block_rows + 1) * :block_rows
  ) END AS position
FROM requests AS own WHERE id IN (SELECT value FROM json_each(:ids));

-- name: requests_newest
-- Requests without positions, newest first; a filter that is NULL lets everything through.
SELECT id, seq, account_id, endpoint_id, pool, state, priority, public_base, queue_base, is_sync, attempt, max_attempts,
  cancel_outcome IS NOT NULL AS cancel_requested, created, started, finished, start_deadline, status_code, error,
  error_type, billable_units, inference_s, last_event, NULL AS position
FROM requests
WHERE seq < :before_seq
  AND (:account_id IS NULL OR account_id = :account_id)
  AND (:state IS NULL OR state = :state)
  AND (:endpoint_id IS NULL OR endpoint_id = :endpoint_id)
ORDER BY seq DESC LIMIT :limit;

-- name: position
-- How many wait before this one: the blocks before its own, and its rank in that; nothing when it does not wait.
SELECT (
  SELECT coalesce(sum(blocks.queued), 0) FROM queue_blocks AS blocks
  WHERE blocks.pool = own.pool AND (blocks.priority, blocks.block) < (own.priority, own.seq / :block_rows)
) + (
  SELECT count(*) FROM requests AS others
  WHERE others.state = 'queued' AND others.pool = own.pool AND others.priority = own.priority
    AND others.seq >= own.seq / :block_rows * :block_rows AND others.seq < own.seq
) AS position
FROM requests AS own WHERE own.id = :id AND own.state = 'queued';

-- name: arguments_by_id
-- What the caller sent.
SELECT arguments.body FROM requests JOIN arguments ON arguments.request_seq = requests.seq WHERE requests.id = :id;

-- name: result_by_id
-- How a request ended.
SELECT requests.state, requests.status_code, results.body, requests.error, requests.error_type,
  requests.billable_units, requests.inference_s, requests.output_keys
FROM requests JOIN results ON results.request_seq = requests.seq
WHERE requests.id = :id;

-- name: result_by_seq
-- The stored answer, to compare a repeated finish with.
SELECT body FROM results WHERE request_seq = :seq;

-- name: events_by_id
-- Log lines of a request after a given one.
SELECT events.n, events.attempt, events.message, events.level, events.ts
FROM requests JOIN events ON events.request_seq = requests.seq
WHERE requests.id = :id AND events.n > :after
ORDER BY events.n LIMIT :limit;

-- name: attempts_by_id
-- The starts of a request, oldest first.
SELECT attempts.n, attempts.attempt, attempts.runner_id, attempts.boot_id, attempts.started, attempts.ended,
  attempts.outcome, attempts.detail
FROM requests JOIN attempts ON attempts.request_seq = requests.seq
WHERE requests.id = :id
ORDER BY attempts.n;

-- name: pool_stats
-- What waits and runs in each pool.
SELECT usage.pool, sum(usage.queued) AS queued, sum(usage.running) AS running, (
  SELECT min(head.created) FROM requests AS head WHERE head.seq IN (
    (SELECT min(seq) FROM requests WHERE state = 'queued' AND pool = usage.pool AND priority = 0),
    (SELECT min(seq) FROM requests WHERE state = 'queued' AND pool = usage.pool AND priority = 1)
  )
) AS oldest_created
FROM key_usage AS usage GROUP BY usage.pool ORDER BY usage.pool;

-- --- sweeps ---

-- name: leases_over
-- Running requests whose runner was not heard of in time.
SELECT seq, id, account_id, endpoint_id, pool, state, attempt, max_attempts, created, start_deadline, cancel_outcome, last_event
FROM requests WHERE state = 'running' AND lease_until <= :now ORDER BY lease_until LIMIT :limit;

-- name: start_deadlines_over
-- Waiting requests that should have started by now.
SELECT seq, id, account_id, endpoint_id, pool, state, attempt, max_attempts, created, start_deadline, cancel_outcome, last_event
FROM requests
WHERE state = 'queued' AND start_deadline IS NOT NULL AND start_deadline <= :now ORDER BY start_deadline LIMIT :limit;

-- name: runs_of_other_boots
-- Requests that an earlier server was running when it ended.
SELECT seq, id, account_id, endpoint_id, pool, state, attempt, max_attempts, created, start_deadline, cancel_outcome, last_event
FROM requests WHERE state = 'running' AND boot_id <> :boot_id ORDER BY lease_until LIMIT :limit;

-- name: boot_set
-- Which start of the server has the store.
INSERT INTO meta (name, value) VALUES ('boot_id', :boot_id) ON CONFLICT DO UPDATE SET value = excluded.value;

-- name: next_deadline
-- When the next lease or start deadline ends.
SELECT min(at) AS at FROM (
  SELECT min(lease_until) AS at FROM requests WHERE state = 'running'
  UNION ALL
  SELECT min(start_deadline) FROM requests WHERE state = 'queued' AND start_deadline IS NOT NULL
);

-- name: outputs_over
-- Files of requests that finished before a time, oldest first; not while there is an end to tell, which names them.
SELECT id, output_keys FROM requests
WHERE finished IS NOT NULL AND output_keys IS NOT NULL AND finished < :finished_before
  AND NOT EXISTS (SELECT 1 FROM webhooks WHERE webhooks.request_seq = requests.seq AND webhooks.state = 'pending')
ORDER BY finished LIMIT :limit;

-- name: output_forget
-- A request's file is gone.
UPDATE requests SET output_keys = NULL WHERE id = :id AND output_keys IS NOT NULL;

-- name: requests_purge
-- Delete requests that finished before a time, with all that hangs on them; not while there is a file or an end to tell.
DELETE FROM requests WHERE seq IN (
  SELECT seq FROM requests
  WHERE finished IS NOT NULL AND output_keys IS NULL AND finished < :finished_before
    AND NOT EXISTS (SELECT 1 FROM webhooks WHERE webhooks.request_seq = requests.seq AND webhooks.state = 'pending')
  ORDER BY finished LIMIT :limit
) RETURNING seq;

-- --- webhooks ---

-- name: webhooks_due
-- Webhooks whose time has come, without those under way and those of places that get no more for now.
SELECT webhooks.request_seq AS seq, requests.id AS request_id, requests.account_id, requests.webhook_url AS url,
  webhooks.place, webhooks.tries, requests.public_base
FROM webhooks JOIN requests ON requests.seq = webhooks.request_seq
WHERE webhooks.state = 'pending' AND webhooks.due <= :now
  AND webhooks.place NOT IN (SELECT value FROM json_each(:full))
  AND webhooks.request_seq NOT IN (SELECT value FROM json_each(:busy))
ORDER BY webhooks.due LIMIT :limit;

-- name: webhooks_next_due
-- When the next webhook that still has time will be due.
SELECT min(due) AS at FROM webhooks WHERE state = 'pending' AND due > :after;

-- name: delivery_insert
-- A try to deliver a webhook, in its history.
INSERT INTO deliveries (request_seq, n, at, seconds, status_code, error)
SELECT :seq, coalesce(max(n), 0) + 1, :at, :seconds, :status_code, :error FROM deliveries WHERE request_seq = :seq;

-- name: webhook_tried
-- What comes of a try, unless an operator began anew while it was made.
UPDATE webhooks SET state = :state, tries = tries + 1, due = :due WHERE request_seq = :seq AND tries = :tries;

-- name: webhook_again
-- Begin anew with a webhook, whatever became of it, if there still is a result to tell.
UPDATE webhooks SET state = 'pending', tries = 0, due = :now
WHERE request_seq = (SELECT seq FROM requests WHERE id = :id)
  AND EXISTS (SELECT 1 FROM results WHERE results.request_seq = webhooks.request_seq)
RETURNING request_seq;

-- name: webhooks_newest
-- Webhooks of the newest requests; a filter that is NULL lets everything through.
SELECT webhooks.request_seq AS seq, requests.id AS request_id, requests.endpoint_id, requests.account_id,
  requests.webhook_url AS url, webhooks.state, webhooks.tries, webhooks.due, requests.finished
FROM webhooks JOIN requests ON requests.seq = webhooks.request_seq
WHERE (:state IS NULL OR webhooks.state = :state) AND (:request_id IS NULL OR requests.id = :request_id)
ORDER BY webhooks.request_seq DESC LIMIT :limit;

-- name: deliveries_of
-- The tries of several webhooks, oldest first; the seqs come as a JSON array.
SELECT request_seq, n, at, seconds, status_code, error FROM deliveries
WHERE request_seq IN (SELECT value FROM json_each(:seqs)) ORDER BY request_seq, n;

-- --- check ---

-- name: blocks_drift
-- Block counters that differ from a count.
WITH counted AS (
  SELECT pool, priority, seq / :block_rows AS block, count(*) AS queued
  FROM requests WHERE state = 'queued' GROUP BY pool, priority, seq / :block_rows
)
SELECT pool, priority, block, coalesce(counted.queued, 0) AS counted, coalesce(stored.queued, 0) AS stored
FROM counted FULL JOIN queue_blocks AS stored USING (pool, priority, block)
WHERE coalesce(counted.queued, 0) <> coalesce(stored.queued, 0);

-- name: usage_drift
-- Account counters that differ from a count.
WITH active AS (
  SELECT pool, account_id, 1 AS queued, 0 AS running FROM requests WHERE state = 'queued'
  UNION ALL
  SELECT pool, account_id, 0, 1 FROM requests WHERE state = 'running'
), counted AS (
  SELECT pool, account_id, sum(queued) AS queued, sum(running) AS running FROM active GROUP BY pool, account_id
)
SELECT pool, account_id, coalesce(counted.queued, 0) AS queued_counted, coalesce(stored.queued, 0) AS queued_stored,
  coalesce(counted.running, 0) AS running_counted, coalesce(stored.running, 0) AS running_stored
FROM counted FULL JOIN key_usage AS stored USING (pool, account_id)
WHERE coalesce(counted.queued, 0) <> coalesce(stored.queued, 0)
  OR coalesce(counted.running, 0) <> coalesce(stored.running, 0);

-- name: blocks_clear
-- Forget all block counters.
DELETE FROM queue_blocks;

-- name: blocks_count
-- Count all blocks anew.
INSERT INTO queue_blocks (pool, priority, block, queued)
SELECT pool, priority, seq / :block_rows, count(*)
FROM requests WHERE state = 'queued' GROUP BY pool, priority, seq / :block_rows;

-- name: usage_clear
-- Forget all account counters.
DELETE FROM key_usage;

-- name: usage_count
-- Count all accounts anew.
WITH active AS (
  SELECT pool, account_id, 1 AS queued, 0 AS running FROM requests WHERE state = 'queued'
  UNION ALL
  SELECT pool, account_id, 0, 1 FROM requests WHERE state = 'running'
)
INSERT INTO key_usage (pool, account_id, queued, running)
SELECT pool, account_id, sum(queued), sum(running) FROM active GROUP BY pool, account_id;

-- --- history: what an account did, as the platform API tells it ---

-- name: history_by_end
-- A page of finished requests, newest first; a filter that is NULL lets everything through.
WITH page AS MATERIALIZED (
  SELECT seq, finished FROM requests
  WHERE account_id = :account_id AND finished IS NOT NULL
    AND (finished, seq) < (:before, :before_seq) AND finished >= :start AND finished < :end
    AND (:endpoint_ids IS NULL OR endpoint_id IN (SELECT value FROM json_each(:endpoint_ids)))
    AND (:outcome IS NULL OR status_code / 100 = :outcome)
  ORDER BY finished DESC, seq DESC LIMIT :limit
)
SELECT own.seq, own.id, own.endpoint_id, own.created, own.started, own.finished, own.status_code, own.duration_s,
  own.keeps_payloads, length(arguments.body) + length(results.body) AS payload_bytes
FROM page JOIN requests AS own ON own.seq = page.seq
LEFT JOIN arguments ON :with_sizes AND arguments.request_seq = own.seq
LEFT JOIN results ON :with_sizes AND results.request_seq = own.seq
ORDER BY page.finished DESC, page.seq DESC;

-- name: history_by_duration
-- As history_by_end, longest first.
WITH page AS MATERIALIZED (
  SELECT seq, duration_s FROM requests
  WHERE account_id = :account_id AND finished IS NOT NULL
    AND (duration_s, seq) < (:before, :before_seq) AND finished >= :start AND finished < :end
    AND (:endpoint_ids IS NULL OR endpoint_id IN (SELECT value FROM json_each(:endpoint_ids)))
    AND (:outcome IS NULL OR status_code / 100 = :outcome)
  ORDER BY duration_s DESC, seq DESC LIMIT :limit
)
SELECT own.seq, own.id, own.endpoint_id, own.created, own.started, own.finished, own.status_code, own.duration_s,
  own.keeps_payloads, length(arguments.body) + length(results.body) AS payload_bytes
FROM page JOIN requests AS own ON own.seq = page.seq
LEFT JOIN arguments ON :with_sizes AND arguments.request_seq = own.seq
LEFT JOIN results ON :with_sizes AND results.request_seq = own.seq
ORDER BY page.duration_s DESC, page.seq DESC;

-- name: history_by_id
-- As history_by_end, one request; not a filter of that, so that it is found by its id.
SELECT own.seq, own.id, own.endpoint_id, own.created, own.started, own.finished, own.status_code, own.duration_s,
  own.keeps_payloads, length(arguments.body) + length(results.body) AS payload_bytes
FROM requests AS own
LEFT JOIN arguments ON :with_sizes AND arguments.request_seq = own.seq
LEFT JOIN results ON :with_sizes AND results.request_seq = own.seq
WHERE own.id = :request_id AND own.account_id = :account_id
  AND own.finished IS NOT NULL AND own.finished >= :start AND own.finished < :end
  AND (:endpoint_ids IS NULL OR own.endpoint_id IN (SELECT value FROM json_each(:endpoint_ids)))
  AND (:outcome IS NULL OR own.status_code / 100 = :outcome);

-- name: history_payloads
-- What a request was given and what it answered.
SELECT own.state, own.status_code, own.error, own.error_type, own.billable_units, own.public_base,
  arguments.body AS arguments, results.body AS result
FROM requests AS own
LEFT JOIN arguments ON arguments.request_seq = own.seq
LEFT JOIN results ON results.request_seq = own.seq
WHERE own.seq = :seq;

-- name: history_next
-- When the next request of a time ended.
SELECT min(finished) AS at FROM requests
WHERE account_id = :account_id AND finished IS NOT NULL AND finished >= :start AND finished < :end
  AND (:endpoint_ids IS NULL OR endpoint_id IN (SELECT value FROM json_each(:endpoint_ids)));

-- name: usage_between
-- What was billed in a time, by everything that decides its price.
SELECT endpoint_id, key_id, unit_price, billable_units, count(*) AS calls FROM requests
WHERE account_id = :account_id AND finished IS NOT NULL AND finished >= :start AND finished < :end
  AND (:endpoint_ids IS NULL OR endpoint_id IN (SELECT value FROM json_each(:endpoint_ids)))
  AND billable_units > 0
GROUP BY endpoint_id, key_id, unit_price, billable_units
ORDER BY endpoint_id, key_id, unit_price, billable_units;

-- name: analytics_between
-- Counts by outcome, and percentiles by nearest rank; what never started has no place among the durations.
WITH past AS (
  SELECT endpoint_id, status_code,
    CASE WHEN started IS NOT NULL THEN duration_s END AS duration, started - created AS prepare
  FROM requests
  WHERE account_id = :account_id AND finished IS NOT NULL AND finished >= :start AND finished < :end
    AND (:endpoint_ids IS NULL OR endpoint_id IN (SELECT value FROM json_each(:endpoint_ids)))
), ranked AS (
  SELECT endpoint_id, status_code, duration, prepare,
    count(duration) OVER own AS ran,
    row_number() OVER (PARTITION BY endpoint_id ORDER BY duration DESC) AS duration_rank,
    row_number() OVER (PARTITION BY endpoint_id ORDER BY prepare DESC) AS prepare_rank
  FROM past WINDOW own AS (PARTITION BY endpoint_id)
)
SELECT endpoint_id, count(*) AS request_count,
  sum(status_code / 100 = 2) AS success_count,
  sum(status_code / 100 = 4) AS user_error_count,
  sum(status_code / 100 = 5) AS error_count,
  max(CASE WHEN duration_rank = ran - (ran * 25 + 99) / 100 + 1 THEN duration END) AS p25_duration,
  max(CASE WHEN duration_rank = ran - (ran * 50 + 99) / 100 + 1 THEN duration END) AS p50_duration,
  max(CASE WHEN duration_rank = ran - (ran * 75 + 99) / 100 + 1 THEN duration END) AS p75_duration,
  max(CASE WHEN duration_rank = ran - (ran * 90 + 99) / 100 + 1 THEN duration END) AS p90_duration,
  max(CASE WHEN duration_rank = ran - (ran * 95 + 99) / 100 + 1 THEN duration END) AS p95_duration,
  max(CASE WHEN duration_rank = ran - (ran * 99 + 99) / 100 + 1 THEN duration END) AS p99_duration,
  max(CASE WHEN prepare_rank = ran - (ran * 25 + 99) / 100 + 1 THEN prepare END) AS p25_prepare_duration,
  max(CASE WHEN prepare_rank = ran - (ran * 50 + 99) / 100 + 1 THEN prepare END) AS p50_prepare_duration,
  max(CASE WHEN prepare_rank = ran - (ran * 75 + 99) / 100 + 1 THEN prepare END) AS p75_prepare_duration,
  max(CASE WHEN prepare_rank = ran - (ran * 90 + 99) / 100 + 1 THEN prepare END) AS p90_prepare_duration,
  max(CASE WHEN prepare_rank = ran - (ran * 95 + 99) / 100 + 1 THEN prepare END) AS p95_prepare_duration,
  max(CASE WHEN prepare_rank = ran - (ran * 99 + 99) / 100 + 1 THEN prepare END) AS p99_prepare_duration
FROM ranked GROUP BY endpoint_id ORDER BY endpoint_id;

-- name: payloads_to_delete
-- What deleting a request's payloads needs to know.
SELECT seq, account_id, state, public_base, output_keys, EXISTS (
  SELECT 1 FROM webhooks WHERE webhooks.request_seq = requests.seq AND webhooks.state = 'pending'
) AS has_to_tell
FROM requests WHERE id = :id;

-- name: request_is_private
-- A request whose payloads are no part of the history; nothing for any other.
SELECT seq FROM requests WHERE id = :id AND keeps_payloads = 0;

-- name: arguments_empty
-- Forget what the caller sent; the digest stays, an idempotency key asks for it.
UPDATE arguments SET body = x'' WHERE request_seq = :seq;

-- name: result_delete
-- Forget the answer of a finished request.
DELETE FROM results WHERE request_seq = :seq;

-- name: events_delete
-- Forget the log lines of a finished request: they may repeat what the caller wrote.
DELETE FROM events WHERE request_seq = :seq;

-- name: payloads_forget
-- Its payloads are gone, and of its files all but these.
UPDATE requests SET payloads_deleted = coalesce(payloads_deleted, :now), output_keys = :output_keys WHERE seq = :seq;

-- name: private_over
-- Requests that ended before a time, whose payloads are not to be kept and have nothing left to be told.
SELECT seq, output_keys FROM requests
WHERE finished IS NOT NULL AND keeps_payloads = 0 AND payloads_deleted IS NULL AND finished < :finished_before
  AND NOT EXISTS (SELECT 1 FROM webhooks WHERE webhooks.request_seq = requests.seq AND webhooks.state = 'pending')
ORDER BY finished LIMIT :limit;
