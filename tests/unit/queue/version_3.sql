-- A database as the version before the whole wire left it when it was killed: schema 3, requests in every state.
BEGIN TRANSACTION;
CREATE TABLE arguments (
  request_seq INTEGER PRIMARY KEY,
  body BLOB NOT NULL,
  digest BLOB
) STRICT;
INSERT INTO "arguments" VALUES(1,X'7B2270726F6D7074223A226120626F6174227D',NULL);
INSERT INTO "arguments" VALUES(2,X'7B2270726F6D7074223A226120626F6174227D',X'D593D4CAACFB3030790FF75F12B79FB45E1660569EC15A8987FF0B655956996A');
INSERT INTO "arguments" VALUES(3,X'7B2270726F6D7074223A226120626F6174227D',NULL);
INSERT INTO "arguments" VALUES(4,X'7B2270726F6D7074223A226120626F6174227D',X'D593D4CAACFB3030790FF75F12B79FB45E1660569EC15A8987FF0B655956996A');
INSERT INTO "arguments" VALUES(5,X'7B2270726F6D7074223A226120626F6174227D',NULL);
INSERT INTO "arguments" VALUES(6,X'7B2270726F6D7074223A226120626F6174227D',NULL);
INSERT INTO "arguments" VALUES(7,X'7B2270726F6D7074223A226120626F6174227D',NULL);
CREATE TABLE attempts (
  request_seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  runner_id TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  started REAL NOT NULL,
  ended REAL,
  outcome TEXT,
  detail TEXT,
  PRIMARY KEY (request_seq, n)
) STRICT, WITHOUT ROWID;
INSERT INTO "attempts" VALUES(1,1,1,'r','before',1800000000.0,1800000002.0,'ok',NULL);
INSERT INTO "attempts" VALUES(2,1,1,'r','before',1800000002.0,1800000002.0,'error','broken');
INSERT INTO "attempts" VALUES(3,1,1,'r','before',1800000002.0,NULL,NULL,NULL);
INSERT INTO "attempts" VALUES(4,1,1,'r2','before',1800000002.0,1800000002.0,'released',NULL);
CREATE TABLE events (
  request_seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  ts REAL NOT NULL,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (request_seq, n)
) STRICT, WITHOUT ROWID;
INSERT INTO "events" VALUES(1,1,1,1800000002.0,'INFO','half');
INSERT INTO "events" VALUES(1,2,1,1800000002.0,'INFO','done');
INSERT INTO "events" VALUES(3,1,1,1800000002.0,'INFO','begun');
CREATE TABLE key_usage (
  pool TEXT NOT NULL,
  account_id TEXT NOT NULL,
  queued INTEGER NOT NULL CHECK (queued >= 0),
  running INTEGER NOT NULL CHECK (running >= 0),
  PRIMARY KEY (account_id, pool)
) STRICT, WITHOUT ROWID;
INSERT INTO "key_usage" VALUES('null','ann',3,1);
CREATE TABLE keys (
    id         text primary key,               -- public half of the credential, a UUID
    account_id text not null,                  -- whom its requests belong to; its own id unless given
    name       text not null,                  -- for people; need not be unique
    hash       text not null unique,           -- sha256 of the whole credential, hexadecimal
    created    real not null,                  -- seconds since the Unix epoch
    revoked    real                            -- when it was revoked; never undone
) strict, without rowid;
INSERT INTO "keys" VALUES('k1','ann','laptop','00ff',1.0,NULL);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('schema_version','3');
CREATE TABLE queue_blocks (
  pool TEXT NOT NULL,
  priority INTEGER NOT NULL,
  block INTEGER NOT NULL,
  queued INTEGER NOT NULL CHECK (queued >= 0),
  PRIMARY KEY (pool, priority, block)
) STRICT, WITHOUT ROWID;
INSERT INTO "queue_blocks" VALUES('null',0,0,2);
INSERT INTO "queue_blocks" VALUES('null',1,0,1);
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
  attempt INTEGER NOT NULL DEFAULT 0,
  started REAL,
  finished REAL,
  runner_id TEXT,
  boot_id TEXT,
  token TEXT,
  lease_until REAL,
  cancel_outcome TEXT,
  last_event INTEGER NOT NULL DEFAULT 0,
  status_code INTEGER,
  error TEXT,
  error_type TEXT,
  billable_units REAL NOT NULL DEFAULT 0,
  inference_s REAL,
  output_keys TEXT
) STRICT;
INSERT INTO "requests" VALUES(1,'00000001-0000-4000-8000-000000000000','ann','fal-ai/kling-video/v2.5-turbo/pro/text-to-video','null',0,'succeeded','http://127.0.0.1:8000','http://127.0.0.1:8000/queue',0,NULL,1800000000.0,NULL,3,1,1800000000.0,1800000002.0,'r','before','1.ae6473a1989cb9bc32ecd2c846dd272a',NULL,NULL,2,200,NULL,NULL,5.0,2.0,'abcdefghijklmnopqrstuv/output.mp4 abcdefghijklmnopqrstuv/poster.jpg');
INSERT INTO "requests" VALUES(2,'00000002-0000-4000-8000-000000000000','ann','fal-ai/kling-video/v2.5-turbo/pro/text-to-video','null',0,'failed','http://127.0.0.1:8000','http://127.0.0.1:8000/queue',0,'twice',1800000000.0,NULL,3,1,1800000002.0,1800000002.0,'r','before','2.4fce8546f6fc91260f8ed394205a2a86',NULL,NULL,0,500,'broken','internal_error',0.0,NULL,NULL);
INSERT INTO "requests" VALUES(3,'00000003-0000-4000-8000-000000000000','ann','fal-ai/kling-video/v2.5-turbo/pro/text-to-video','null',0,'running','http://127.0.0.1:8000','http://127.0.0.1:8000/queue',0,NULL,1800000000.0,NULL,3,1,1800000002.0,NULL,'r','before','3.1c5f4c5a9094cf94d87c2b962363b00b',1800000062.0,NULL,1,NULL,NULL,NULL,0.0,NULL,NULL);
INSERT INTO "requests" VALUES(4,'00000004-0000-4000-8000-000000000000','ann','fal-ai/kling-video/v2.5-turbo/pro/text-to-video','null',0,'queued','http://127.0.0.1:8000','http://127.0.0.1:8000/queue',0,'waits',1800000000.0,NULL,3,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0.0,NULL,NULL);
INSERT INTO "requests" VALUES(5,'00000005-0000-4000-8000-000000000000','ann','fal-ai/kling-video/v2.5-turbo/pro/text-to-video','null',1,'queued','http://127.0.0.1:8000','http://127.0.0.1:8000/queue',0,NULL,1800000000.0,NULL,3,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0.0,NULL,NULL);
INSERT INTO "requests" VALUES(6,'00000006-0000-4000-8000-000000000000','ann','fal-ai/kling-video/v2.5-turbo/pro/text-to-video','null',0,'cancelled','http://127.0.0.1:8000','http://127.0.0.1:8000/queue',0,NULL,1800000000.0,NULL,3,0,NULL,1800000002.0,NULL,NULL,NULL,NULL,NULL,0,499,'Request was cancelled','client_cancelled',0.0,NULL,NULL);
INSERT INTO "requests" VALUES(7,'00000007-0000-4000-8000-000000000000','ann','fal-ai/kling-video/v2.5-turbo/pro/text-to-video','null',0,'queued','http://127.0.0.1:8000','http://127.0.0.1:8000/queue',0,NULL,1800000000.0,1800000060.0,3,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0.0,NULL,NULL);
CREATE TABLE results (
  request_seq INTEGER PRIMARY KEY,
  body BLOB NOT NULL
) STRICT;
INSERT INTO "results" VALUES(1,X'7B22766964656F223A7B226B6579223A226162636465666768696A6B6C6D6E6F707172737475762F6F75747075742E6D7034222C22636F6E74656E745F74797065223A22766964656F2F6D7034222C2266696C655F6E616D65223A226F75747075742E6D7034222C2266696C655F73697A65223A337D7D');
INSERT INTO "results" VALUES(2,X'7B2264657461696C223A2262726F6B656E227D');
INSERT INTO "results" VALUES(6,X'2252657175657374207761732063616E63656C6C656422');
CREATE INDEX requests_waiting ON requests (pool, priority, seq) WHERE state = 'queued';
CREATE INDEX requests_waiting_account ON requests (pool, account_id, priority, seq) WHERE state = 'queued';
CREATE INDEX requests_waiting_endpoint ON requests (endpoint_id) WHERE state = 'queued';
CREATE INDEX requests_start_deadline ON requests (start_deadline) WHERE state = 'queued' AND start_deadline IS NOT NULL;
CREATE INDEX requests_lease ON requests (lease_until) WHERE state = 'running';
CREATE UNIQUE INDEX requests_idempotency ON requests (account_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX requests_with_output ON requests (finished) WHERE finished IS NOT NULL AND output_keys IS NOT NULL;
CREATE INDEX requests_without_output ON requests (finished) WHERE finished IS NOT NULL AND output_keys IS NULL;
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
COMMIT;
