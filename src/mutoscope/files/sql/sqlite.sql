-- name: file_insert
-- A file that is in the store.
INSERT INTO files (key, account_id, request_id, content_type, file_name, size, digest, created, expires, acl)
VALUES (:key, :account_id, :request_id, :content_type, :file_name, :size, :digest, :created, :expires, :acl);

-- name: file_by_key
-- What is known of one file.
SELECT key, account_id, request_id, content_type, file_name, size, digest, created, expires, acl
FROM files WHERE key = :key;

-- name: files_expired
-- Files whose time is over, longest first.
SELECT key FROM files WHERE expires IS NOT NULL AND expires <= :now ORDER BY expires LIMIT :limit;

-- name: file_delete
-- Forget a file that is not in the store any more.
DELETE FROM files WHERE key = :key;

-- name: files_uploaded_bytes
-- How much an account has uploaded and can still be read.
SELECT coalesce(sum(size), 0) AS bytes FROM files
WHERE account_id = :account_id AND request_id IS NULL AND (expires IS NULL OR expires > :now);
