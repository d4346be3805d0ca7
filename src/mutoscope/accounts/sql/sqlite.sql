-- name: key_insert
-- A new key.
insert into keys (id, account_id, name, hash, created)
values (:id, :account_id, :name, :hash, :created);

-- name: key_count
-- How many keys there ever were, revoked ones too.
select count(*) as n from keys;

-- name: key_list
-- All keys, oldest first.
select id, account_id, name, hash, created, revoked from keys order by created, id;

-- name: key_revoke
-- Revoke a key that is not yet.
update keys set revoked = :now where id = :id and revoked is null
returning id;
