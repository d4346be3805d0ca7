-- A clip may have pictures beside it: keys of all files of a request, separated by spaces, until they are deleted.
ALTER TABLE requests RENAME COLUMN output_key TO output_keys;
