-- What the platform API tells: who called with which key, at which price, and what a key may do.

-- Key ids are told to whoever owns the account; NULL for requests from before.
ALTER TABLE requests ADD COLUMN key_id TEXT;
-- List price of one unit with these arguments, when it was submitted; NULL where nobody has said.
ALTER TABLE requests ADD COLUMN unit_price REAL;
-- When its arguments, result and log lines were deleted; NULL while they are there.
ALTER TABLE requests ADD COLUMN payloads_deleted REAL;
-- From start to end; 0 for those that never started, NULL for those that have not ended.
ALTER TABLE requests ADD COLUMN duration_s REAL GENERATED ALWAYS AS (finished - coalesce(started, finished)) VIRTUAL;

-- The history of an account, newest first or longest first; with the columns of its filters, so that only what is shown is read.
CREATE INDEX requests_ended ON requests (account_id, finished, seq, endpoint_id, status_code) WHERE finished IS NOT NULL;
CREATE INDEX requests_duration ON requests (account_id, duration_s, seq, finished, endpoint_id, status_code)
WHERE finished IS NOT NULL;
-- Those whose payloads are still to be deleted.
CREATE INDEX requests_private ON requests (finished)
WHERE finished IS NOT NULL AND keeps_payloads = 0 AND payloads_deleted IS NULL;

-- Nobody needs the arguments of a finished request again; the row stays, for an idempotency key finds it by its digest.
CREATE TRIGGER requests_end_private AFTER UPDATE OF finished ON requests
WHEN NEW.keeps_payloads = 0 AND NEW.finished IS NOT NULL
BEGIN
  UPDATE arguments SET body = x'' WHERE request_seq = NEW.seq;
END;

-- admin: may also see usage and manage keys.
ALTER TABLE keys ADD COLUMN scope TEXT NOT NULL DEFAULT 'api' CHECK (scope IN ('api', 'admin'));
-- Of the keys that are there the oldest is the operator's own.
UPDATE keys SET scope = 'admin'
WHERE id = (SELECT id FROM keys WHERE revoked IS NULL ORDER BY created, id LIMIT 1);
