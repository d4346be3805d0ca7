-- Ends that have to be told: the outbox of webhooks. A row is born with the end it tells of, in the same transaction.
CREATE TABLE webhooks (
  request_seq INTEGER PRIMARY KEY,
  -- Host and port of its URL, so that a receiver that never answers holds up only itself.
  place TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  -- Tries that count against the bound; telling it again on request begins anew.
  tries INTEGER NOT NULL DEFAULT 0,
  -- When the next try is, while it is pending.
  due REAL NOT NULL
) STRICT;
CREATE INDEX webhooks_due ON webhooks (due, place) WHERE state = 'pending';

-- What became of each try.
CREATE TABLE deliveries (
  request_seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  at REAL NOT NULL,
  seconds REAL NOT NULL,
  -- HTTP status of the receiver; NULL when there was no answer.
  status_code INTEGER,
  -- Why it does not count as delivered; NULL when it does.
  error TEXT,
  PRIMARY KEY (request_seq, n)
) STRICT, WITHOUT ROWID;

-- By triggers, so that no way to an end can forget it. What stands between :// and the next / ? or # is the place.
CREATE TRIGGER webhooks_of_ends AFTER UPDATE OF state ON requests
WHEN NEW.webhook_url IS NOT NULL
  AND OLD.state IN ('queued', 'running') AND NEW.state IN ('succeeded', 'failed', 'cancelled')
BEGIN
  INSERT INTO webhooks (request_seq, place, due)
  SELECT NEW.seq, lower(substr(rest, 1, instr(rest || '/', '/') - 1)), NEW.finished
  FROM (SELECT replace(replace(substr(NEW.webhook_url, instr(NEW.webhook_url, '://') + 3), '?', '/'), '#', '/') AS rest);
END;

CREATE TRIGGER webhooks_of_verdicts AFTER INSERT ON requests
WHEN NEW.webhook_url IS NOT NULL AND NEW.state IN ('succeeded', 'failed', 'cancelled')
BEGIN
  INSERT INTO webhooks (request_seq, place, due)
  SELECT NEW.seq, lower(substr(rest, 1, instr(rest || '/', '/') - 1)), NEW.finished
  FROM (SELECT replace(replace(substr(NEW.webhook_url, instr(NEW.webhook_url, '://') + 3), '?', '/'), '#', '/') AS rest);
END;

CREATE TRIGGER webhooks_forget AFTER DELETE ON requests
BEGIN
  DELETE FROM webhooks WHERE request_seq = OLD.seq;
  DELETE FROM deliveries WHERE request_seq = OLD.seq;
END;
