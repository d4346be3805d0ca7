-- name: key_insert
-- A new key.
insert into keys (id, account_id, name, hash, created, scope)
values (:id, :account_id, :name, :hash, :created, :scope);

-- name: key_count
-- How many keys there ever were, revoked ones too.
select count(*) as n from keys;

-- name: key_list
-- All keys, oldest first.
select id, account_id, name, hash, created, revoked, scope from keys order by created, id;

-- name: key_revoke
-- Revoke a key that is not yet.
update keys set revoked = :now where id = :id and revoked is null
returning id;

-- name: secret_current
-- The secret that signs.
select id, value, created, retired from secrets where name = :name and retired is null;

-- name: secret_insert
-- A new secret, which signs from now on.
insert into secrets (id, name, value, created) values (:id, :name, :value, :created);

-- name: secret_retire
-- What signed until now does not any more.
update secrets set retired = :now where name = :name and retired is null;

-- name: secret_list
-- All of a name, newest first: the one that signs, then by when they were retired.
select id, value, created, retired from secrets where name = :name order by retired is null desc, retired desc, id;
