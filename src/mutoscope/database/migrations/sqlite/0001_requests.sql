-- Requests and everything that hangs on them. Times are seconds since the epoch.
-- What belongs together is kept together by triggers: whoever changes a state changes the counters with it.

-- Hot: read by every poll. Nothing in here is larger than a line of text.
CREATE TABLE requests (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  account_id TEXT NOT NULL,
  endpoint_id TEXT NOT NULL,
  pool TEXT NOT NULL,
  priority INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  public_base TEXT NOT NULL,
  queue_base TEXT NOT NULL,
  is_sync INTEGER NOT NULL,
  idempotency_key TEXT,
  created REAL NOT NULL,
  start_deadline REAL,
  max_attempts INTEGER NOT NULL,
  -- Starts that count.
  attempt INTEGER NOT NULL DEFAULT 0,
  started REAL,
  finished REAL,
  -- Of the attempt that runs, or ran last.
  runner_id TEXT,
  boot_id TEXT,
  token TEXT,
  lease_until REAL,
  -- JSON of how it ends if it is cancelled; set when a cancel found it running.
  cancel_outcome TEXT,
  -- Number of its newest row in `events`.
  last_event INTEGER NOT NULL DEFAULT 0,
  status_code INTEGER,
  error TEXT,
  error_type TEXT,
  billable_units REAL NOT NULL DEFAULT 0,
  inference_s REAL,
  -- Key of its file in the file store, until that is deleted.
  output_key TEXT
) STRICT;

CREATE INDEX requests_waiting ON requests (pool, priority, seq) WHERE state = 'queued';
CREATE INDEX requests_waiting_account ON requests (pool, account_id, priority, seq) WHERE state = 'queued';
CREATE INDEX requests_waiting_endpoint ON requests (endpoint_id) WHERE state = 'queued';
CREATE INDEX requests_start_deadline ON requests (start_deadline) WHERE state = 'queued' AND start_deadline IS NOT NULL;
CREATE INDEX requests_lease ON requests (lease_until) WHERE state = 'running';
CREATE UNIQUE INDEX requests_idempotency ON requests (account_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- A finished request is in one of these two: first its file goes, then its row.
CREATE INDEX requests_with_output ON requests (finished) WHERE finished IS NOT NULL AND output_key IS NOT NULL;
CREATE INDEX requests_without_output ON requests (finished) WHERE finished IS NOT NULL AND output_key IS NULL;

-- Cold: megabytes each, read once.
CREATE TABLE arguments (
  request_seq INTEGER PRIMARY KEY,
  body BLOB NOT NULL,
  -- SHA-256 of endpoint and body, kept where an idempotency key may ask for it.
  digest BLOB
) STRICT;

-- Apart from the arguments, so that finishing a request does not rewrite them.
CREATE TABLE results (
  request_seq INTEGER PRIMARY KEY,
  body BLOB NOT NULL
) STRICT;

CREATE TABLE attempts (
  request_seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  runner_id TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  started REAL NOT NULL,
  ended REAL,
  -- ok, error, cancelled, lost, released; NULL while it runs.
  outcome TEXT,
  detail TEXT,
  PRIMARY KEY (request_seq, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  request_seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  ts REAL NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (request_seq, n)
) STRICT, WITHOUT ROWID;

-- How many wait in each stretch of 256 seq; position = the blocks before + the rank in the own block.
CREATE TABLE queue_blocks (
  pool TEXT NOT NULL,
  priority INTEGER NOT NULL,
  block INTEGER NOT NULL,
  queued INTEGER NOT NULL CHECK (queued >= 0),
  PRIMARY KEY (pool, priority, block)
) STRICT, WITHOUT ROWID;

-- How much each account has waiting and running; without a row it has nothing.
CREATE TABLE key_usage (
  pool TEXT NOT NULL,
  account_id TEXT NOT NULL,
  queued INTEGER NOT NULL CHECK (queued >= 0),
  running INTEGER NOT NULL CHECK (running >= 0),
  PRIMARY KEY (account_id, pool)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER requests_enter AFTER INSERT ON requests WHEN NEW.state = 'queued'
BEGIN
  INSERT INTO queue_blocks (pool, priority, block, queued) VALUES (NEW.pool, NEW.priority, NEW.seq / 256, 1)
    ON CONFLICT DO UPDATE SET queued = queued + 1;
  INSERT INTO key_usage (pool, account_id, queued, running) VALUES (NEW.pool, NEW.account_id, 1, 0)
    ON CONFLICT DO UPDATE SET queued = queued + 1;
END;

CREATE TRIGGER requests_start AFTER UPDATE OF state ON requests WHEN OLD.state = 'queued' AND NEW.state = 'running'
BEGIN
  UPDATE queue_blocks SET queued = queued - 1
    WHERE pool = NEW.pool AND priority = NEW.priority AND block = NEW.seq / 256;
  DELETE FROM queue_blocks
    WHERE pool = NEW.pool AND priority = NEW.priority AND block = NEW.seq / 256 AND queued = 0;
  UPDATE key_usage SET queued = queued - 1, running = running + 1
    WHERE account_id = NEW.account_id AND pool = NEW.pool;
END;

CREATE TRIGGER requests_return AFTER UPDATE OF state ON requests WHEN OLD.state = 'running' AND NEW.state = 'queued'
BEGIN
  INSERT INTO queue_blocks (pool, priority, block, queued) VALUES (NEW.pool, NEW.priority, NEW.seq / 256, 1)
    ON CONFLICT DO UPDATE SET queued = queued + 1;
  UPDATE key_usage SET queued = queued + 1, running = running - 1
    WHERE account_id = NEW.account_id AND pool = NEW.pool;
END;

CREATE TRIGGER requests_leave AFTER UPDATE OF state ON requests
WHEN OLD.state = 'queued' AND NEW.state IN ('failed', 'cancelled')
BEGIN
  UPDATE queue_blocks SET queued = queued - 1
    WHERE pool = NEW.pool AND priority = NEW.priority AND block = NEW.seq / 256;
  DELETE FROM queue_blocks
    WHERE pool = NEW.pool AND priority = NEW.priority AND block = NEW.seq / 256 AND queued = 0;
  UPDATE key_usage SET queued = queued - 1
    WHERE account_id = NEW.account_id AND pool = NEW.pool;
  DELETE FROM key_usage
    WHERE account_id = NEW.account_id AND pool = NEW.pool AND queued = 0 AND running = 0;
END;

CREATE TRIGGER requests_end AFTER UPDATE OF state ON requests
WHEN OLD.state = 'running' AND NEW.state IN ('succeeded', 'failed', 'cancelled')
BEGIN
  UPDATE key_usage SET running = running - 1
    WHERE account_id = NEW.account_id AND pool = NEW.pool;
  DELETE FROM key_usage
    WHERE account_id = NEW.account_id AND pool = NEW.pool AND queued = 0 AND running = 0;
END;

CREATE TRIGGER requests_forget AFTER DELETE ON requests
BEGIN
  DELETE FROM arguments WHERE request_seq = OLD.seq;
  DELETE FROM results WHERE request_seq = OLD.seq;
  DELETE FROM attempts WHERE request_seq = OLD.seq;
  DELETE FROM events WHERE request_seq = OLD.seq;
END;
