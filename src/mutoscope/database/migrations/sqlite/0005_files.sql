-- Files with an owner, an end and readers of their own: all uploads, and outputs of requests with a lifecycle.
-- Their keys tell them apart (`u-…`, `g-…`); a file under any other key is public and its request knows of it.
CREATE TABLE files (
  key TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  -- Of an output; NULL for an upload.
  request_id TEXT,
  content_type TEXT NOT NULL,
  file_name TEXT NOT NULL,
  size INTEGER NOT NULL,
  -- SHA-256 in hexadecimal, where it came in one piece: the same upload told again is told from another one.
  digest TEXT,
  created REAL NOT NULL,
  -- NULL for never.
  expires REAL,
  -- JSON: who may read it; NULL for everybody.
  acl TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX files_expiring ON files (expires) WHERE expires IS NOT NULL;
-- All that the bytes of an account are counted from.
CREATE INDEX files_uploaded ON files (account_id, expires, size) WHERE request_id IS NULL;
