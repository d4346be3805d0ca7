-- The request store's statements for SQLite. Counters of blocks and accounts follow the states by triggers.

-- --- submit ---

-- name: request_insert
-- A new request, waiting or already decided.
INSERT INTO requests (
  id, account_id, endpoint_id, pool, priority, state, public_base, queue_base, is_sync, idempotency_key,
  created, start_deadline, max_attempts, finished, status_code, error, error_type, webhook_url, keeps_payloads, lifecycle
) VALUES (
  :id, :account_id, :endpoint_id, :pool, :priority, :state, :public_base, :queue_base, :is_sync, :idempotency_key,
  :created, :start_deadline, :max_attempts, :finished, :status_code, :error, :error_type,
  :webhook_url, :keeps_payloads, :lifecycle
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
RETURNING seq, id, account_id, endpoint_id, attempt, token, created,
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
RETURNING seq, id, account_id, endpoint_id, attempt, token, created,
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
WHERE seq = :seq AND state IN ('queued', 'running');

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
-- A request without its payloads; while it waits, its position: the blocks before its own, and its rank in that.
SELECT id, seq, account_id, endpoint_id, pool, state, priority, public_base, queue_base, is_sync, attempt, max_attempts,
  cancel_outcome IS NOT NULL AS cancel_requested, created, started, finished, start_deadline, status_code, error,
  error_type, billable_units, inference_s, last_event,
  CASE WHEN state = 'queued' THEN (
    SELECT coalesce(sum(blocks.queued), 0) FROM queue_blocks AS blocks
    WHERE blocks.pool = own.pool AND (blocks.priority, blocks.block) < (own.priority, own.seq / :block_rows)
  ) + (
    SELECT count(*) FROM requests AS others
    WHERE others.state = 'queued' AND others.pool = own.pool AND others.priority = own.priority
      AND others.seq >= own.seq / :block_rows * :block_rows AND others.seq < own.seq
  ) END AS position
FROM requests AS own WHERE id = :id;

-- name: requests_by_ids
-- Several requests, as request_by_id; the ids come as a JSON array.
SELECT id, seq, account_id, endpoint_id, pool, state, priority, public_base, queue_base, is_sync, attempt, max_attempts,
  cancel_outcome IS NOT NULL AS cancel_requested, created, started, finished, start_deadline, status_code, error,
  error_type, billable_units, inference_s, last_event,
  CASE WHEN state = 'queued' THEN (
    SELECT coalesce(sum(blocks.queued), 0) FROM queue_blocks AS blocks
    WHERE blocks.pool = own.pool AND (blocks.priority, blocks.block) < (own.priority, own.seq / :block_rows)
  ) + (
    SELECT count(*) FROM requests AS others
    WHERE others.state = 'queued' AND others.pool = own.pool AND others.priority = own.priority
      AND others.seq >= own.seq / :block_rows * :block_rows AND others.seq < own.seq
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
FROM requests WHERE state = 'running' AND boot_id <> :boot_id ORDER BY seq LIMIT :limit;

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
-- Files of requests that finished before a time, oldest first.
SELECT id, output_keys FROM requests
WHERE finished IS NOT NULL AND output_keys IS NOT NULL AND finished < :finished_before ORDER BY finished LIMIT :limit;

-- name: output_forget
-- A request's file is gone.
UPDATE requests SET output_keys = NULL WHERE id = :id AND output_keys IS NOT NULL;

-- name: requests_purge
-- Delete requests that finished before a time and have no file any more, with all that hangs on them.
DELETE FROM requests WHERE seq IN (
  SELECT seq FROM requests
  WHERE finished IS NOT NULL AND output_keys IS NULL AND finished < :finished_before ORDER BY finished LIMIT :limit
) RETURNING seq;

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
