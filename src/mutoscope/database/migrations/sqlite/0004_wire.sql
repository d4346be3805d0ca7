-- What a submit may ask for beside the video.
-- Where the end of the request is told; NULL for nowhere.
ALTER TABLE requests ADD COLUMN webhook_url TEXT;
-- 0: arguments and result are no part of the history.
ALTER TABLE requests ADD COLUMN keeps_payloads INTEGER NOT NULL DEFAULT 1;
-- JSON: how long its files live and who may read them; NULL for as long as the settings say, and everybody.
ALTER TABLE requests ADD COLUMN lifecycle TEXT;

-- What this server signs with. Never leaves the database, and never a log.
CREATE TABLE secrets (
  id TEXT PRIMARY KEY,
  -- What it is for: several of one name are a rotation, the newest signs.
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  created REAL NOT NULL,
  -- When a newer one took over; NULL for the one that signs.
  retired REAL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX secrets_active ON secrets (name) WHERE retired IS NULL;
