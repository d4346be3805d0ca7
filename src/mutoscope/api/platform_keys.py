"""The keys of the caller's account over HTTP: list, create, revoke. For admins; a secret is shown once."""

from typing import Any

from mutoscope.accounts.keys import KeyRecord, Scope
from mutoscope.api.exchange import Reply, json_reply
from mutoscope.api.parameters import shown
from mutoscope.api.platform_call import Call, moment
from mutoscope.errors import KeyRecordUnknown, ParameterInvalid
from mutoscope.limits import KEY_NAME_CHARS_MAX


async def list_keys(call: Call) -> Reply:
    """The active keys of the account, newest first."""
    call.parameters.choices("expand", ("creator_info",))
    paging = call.paging()
    records = [record for record in await call.house.keys.list() if _is_shown(record, call)]
    records.sort(key=_place, reverse=True)
    if paging.after is not None:
        records = [record for record in records if _place(record) < tuple(paging.after)]
    page = records[: paging.limit]
    more = _place(page[-1]) if len(records) > paging.limit else None
    return paging.reply("keys", [_object(record) for record in page], more)


async def create_key(call: Call) -> Reply:
    """
    A new key of the account: `{"alias"` (or `"name"`)`, "scope"?}`; its secret is in this answer and nowhere else.

    Raises:
        ParameterInvalid: no name, or a scope that there is not.
    """
    body = await call.body()
    field = "alias" if "alias" in body else "name"
    name, scope = body.get(field), body.get("scope", Scope.API.value)
    if not isinstance(name, str) or not 0 < len(name) <= KEY_NAME_CHARS_MAX or not name.isprintable():
        bound = f"a printable text of 1 to {KEY_NAME_CHARS_MAX} characters (KEY_NAME_CHARS_MAX)"
        raise ParameterInvalid(f"{field} is {shown(name)}; it must be {bound}")
    if not isinstance(scope, str) or scope.lower() not in {each.value for each in Scope}:
        raise ParameterInvalid(f"scope is {shown(scope)}; it must be one of {', '.join(Scope)}")
    record, credential = await call.house.keys.create(name, call.caller.account_id, Scope(scope.lower()))
    secret = credential.partition(":")[2]
    return json_reply({**_object(record), "key_secret": secret, "key": credential}, 201)


async def revoke_key(call: Call) -> Reply:
    """
    End a key of the account at once; the caller may end its own.

    Raises:
        KeyRecordUnknown: the account has no such active key.
        LastAdminKey: nobody would be left to make another.
    """
    if not await call.house.keys.revoke_as_admin(call.subject, call.caller.account_id):
        raise KeyRecordUnknown(call.subject)
    return Reply(204, b"", ())


def _is_shown(record: KeyRecord, call: Call) -> bool:
    return record.account_id == call.caller.account_id and record.revoked is None


def _place(record: KeyRecord) -> tuple[float, str]:
    return record.created, record.id


def _object(record: KeyRecord) -> dict[str, Any]:
    return {
        "key_id": record.id,
        "alias": record.name,
        "scope": record.scope.value.upper(),
        "created_at": moment(record.created),
    }
