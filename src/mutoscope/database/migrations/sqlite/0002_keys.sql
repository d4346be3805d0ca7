-- Credentials. Only hashes are stored; whoever reads the database cannot call with what is in it.
create table keys (
    id         text primary key,               -- public half of the credential, a UUID
    account_id text not null,                  -- whom its requests belong to; its own id unless given
    name       text not null,                  -- for people; need not be unique
    hash       text not null unique,           -- sha256 of the whole credential, hexadecimal
    created    real not null,                  -- seconds since the Unix epoch
    revoked    real                            -- when it was revoked; never undone
) strict, without rowid;
