"""
Every error of Mutoscope, in one tree.

    MutoscopeError
    ├── CallerError                    the caller's mistake, answered at once
    │   ├── ArgumentsInvalid           422, `detail` is a list of problems
    │   ├── BadRequest                 400, `error_type: bad_request`
    │   ├── AuthenticationMissing      401
    │   ├── KeyUnknown                 401
    │   ├── TokenUnknown               401
    │   ├── ApplicationForbidden       403
    │   ├── ApplicationUnknown         404
    │   ├── PathUnknown                404
    │   ├── RequestUnknown             404, `status: NOT_FOUND`
    │   ├── FileUnknown                404
    │   ├── FileForbidden              403
    │   ├── UploadUnknown              403
    │   ├── UploadQuotaReached         403
    │   ├── MethodNotAllowed           405
    │   ├── BodyTooLarge               413
    │   ├── BodyUnfinished             400, `error_type: bad_request`
    │   ├── ResultNotReady             400
    │   ├── ResultDeleted              404
    │   ├── ParameterInvalid           422
    │   ├── PriceUnknown               404
    │   ├── ScopeMissing               403
    │   ├── LastAdminKey               400
    │   ├── KeyRecordUnknown           404
    │   └── QueueFull                  429
    ├── GenerationError                how an accepted request ends without a result
    │   ├── InputInvalid               422, one problem of a fetched input, found behind the wall
    │   ├── GenerationTimeout          504, `detail` is a list
    │   ├── FeatureNotSupported        422
    │   ├── RequestTimeout             504, the caller's start deadline
    │   ├── StartupTimeout             504
    │   ├── RunnerLost                 503
    │   ├── EngineFailed               500
    │   ├── ClientCancelled            499
    │   └── ClientDisconnected         499
    ├── OutboundError                  a fetch brought nothing; who asked for it decides whose trouble that is
    │   ├── OutboundRefused            the address is not one this server goes to
    │   ├── OutboundFailed             the other side is down, slow, unknown or says no
    │   └── OutboundTooLarge           over its bound in bytes
    └── OwnError                       our trouble, or the machine's
        ├── StoreFull                  503
        ├── StoreFailed                500
        ├── ShuttingDown               503
        ├── DataFolderInUse            start-up
        ├── SchemaTooNew               start-up
        ├── SettingInvalid             start-up
        ├── CatalogInvalid             start-up
        ├── ExtraMissing               start-up
        └── ServerUnreachable          command line

Each class carries the wire status and, where the platform names one, the `error_type`. Only `api/problems.py` turns
them into bodies.
"""

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

Loc = tuple[str | int, ...]
"""Where in the body a problem is: `("body", "dynamic_masks", 0, "mask_url")`."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One error object of a 422, in the spelling of pydantic v2."""

    type: str
    """For machines: `missing`, `literal_error`, `image_load_error` …"""
    loc: Loc
    msg: str
    """For humans: names the value, the bound and the way out."""
    input: Any = None
    """The offending value; for `missing` the object around it."""
    ctx: Mapping[str, Any] | None = None


class MutoscopeError(Exception):
    """Root of the tree; never raised itself."""

    status: ClassVar[int] = 500
    error_type: ClassVar[str | None] = None
    """The platform's name of a request error, or None where it has none."""

    @property
    def detail(self) -> str | list[Problem]:
        """What the body's `detail` says: a string, or for model errors a list."""
        return str(self)


class CallerError(MutoscopeError):
    """The caller's mistake; nothing was written and trying the same again gives the same answer."""

    status = 400


class ArgumentsInvalid(CallerError):
    """The arguments break the endpoint's schema; carries every problem at once, in field order."""

    status = 422

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, p.loc))}: {p.msg}" for p in problems))
        self.problems = list(problems)

    @property
    def detail(self) -> list[Problem]:
        return self.problems


class BadRequest(CallerError):
    """A header or query parameter cannot be read."""

    error_type = "bad_request"


class AuthenticationMissing(CallerError):
    """No credentials were sent."""

    status = 401

    def __init__(self) -> None:
        super().__init__("Authentication is required to access this application.")


class KeyUnknown(CallerError):
    """The key is unknown, revoked or malformed; which of them is not told."""

    status = 401

    def __init__(self) -> None:
        super().__init__("No user found for Key ID and Secret")


class TokenUnknown(CallerError):
    """The temporary token is forged, expired, or its key was revoked; which of them is not told."""

    status = 401

    def __init__(self) -> None:
        super().__init__("The temporary token (fal_jwt_token) is not valid, or no longer; ask for a new one")


class ApplicationForbidden(CallerError):
    """The temporary token was made for other applications."""

    status = 403

    def __init__(self, app: str) -> None:
        super().__init__(f'Application "{app}" is not among the allowed_apps of this temporary token')


class ApplicationUnknown(CallerError):
    """No endpoint lives under this owner and app."""

    status = 404

    def __init__(self, app: str) -> None:
        super().__init__(f'Application "{app}" not found')


class PathUnknown(CallerError):
    """The application is known, the path inside it is not."""

    status = 404

    def __init__(self, path: str, close: Sequence[str] = ()) -> None:
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        super().__init__(f"Path {path} not found{hint}")


class RequestUnknown(CallerError):
    """No such request, or it belongs to another account or application."""

    status = 404

    def __init__(self, request_id: str) -> None:
        super().__init__(f"Request {request_id} not found")


class FileUnknown(CallerError):
    """No such file, or its time is over."""

    status = 404

    def __init__(self) -> None:
        super().__init__("File not found; it never existed or its retention has ended")


class FileForbidden(CallerError):
    """The file is there, and its access list keeps this caller from it."""

    status = 403

    def __init__(self) -> None:
        super().__init__("This file may not be read by everybody; send a key of an account that may")


class UploadUnknown(CallerError):
    """An upload URL, or a token of one, that is forged, expired, of a revoked key or meant for something else."""

    status = 403

    def __init__(self) -> None:
        super().__init__("The upload URL is not valid; it has expired or is not complete. Initiate the upload again")


class UploadQuotaReached(CallerError):
    """The uploads of an account have as many bytes as they may."""

    status = 403

    def __init__(self, size: int, used: int, quota: int) -> None:
        super().__init__(
            f"The file is {size} bytes, uploads of this account have {used} and may have {quota} "
            "(setting upload_quota_bytes); wait until some have expired"
        )


class MethodNotAllowed(CallerError):
    """The route exists and takes other methods."""

    status = 405

    def __init__(self, allow: Sequence[str]) -> None:
        super().__init__("Method Not Allowed")
        self.allow = tuple(allow)


class BodyTooLarge(CallerError):
    """The request body is over its bound."""

    status = 413

    def __init__(self, size: int | None, bound: int, name: str = "body_bytes_max") -> None:
        said = f"is {size} bytes" if size is not None else "is larger than allowed"
        named = name if name.isupper() else f"setting {name}"
        super().__init__(f"Request body {said}; the limit is {bound} bytes ({named})")


class BodyUnfinished(BadRequest):
    """The caller fell silent in the middle of its body."""

    def __init__(self, silence_s_max: float) -> None:
        super().__init__(f"Nothing more of the request body came within {silence_s_max:g} s (BODY_SILENCE_S_MAX)")


class ResultNotReady(CallerError):
    """The result was asked for before the request was finished."""

    def __init__(self) -> None:
        super().__init__("Request is still in progress")


class ResultDeleted(CallerError):
    """The request has ended and is known; its arguments and its result were deleted."""

    status = 404

    def __init__(self, request_id: str) -> None:
        super().__init__(f"Request {request_id} has ended; its payloads were deleted")


class ParameterInvalid(CallerError):
    """A parameter of the platform API is not one that can be meant."""

    status = 422


class PriceUnknown(CallerError):
    """The endpoint is known, what the platform charges for it is not."""

    status = 404

    def __init__(self, endpoint_id: str) -> None:
        super().__init__(f"No price is known for {endpoint_id}")


class ScopeMissing(CallerError):
    """The key is good, and not for this."""

    status = 403

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"The key has the scope {scope}, this call needs admin; make one with `mutoscope keys create --scope admin`"
        )


class KeyRecordUnknown(CallerError):
    """The account has no active key of this id."""

    status = 404

    def __init__(self, key_id: str) -> None:
        super().__init__(f"There is no active key {key_id} in this account")


class LastAdminKey(CallerError):
    """Revoking it would leave its account without an admin."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"{key_id} is the last admin key of its account; make another one first, or use `mutoscope keys revoke`"
        )


class QueueFull(CallerError):
    """More requests wait than the caller, or the operator, allows."""

    status = 429


class GenerationError(MutoscopeError):
    """An accepted request ends without a result."""


class InputInvalid(GenerationError):
    """An input was fetched, or could not be, and is not usable; becomes a 422."""

    status = 422

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.msg)
        self.problem = problem

    @property
    def detail(self) -> list[Problem]:
        return [self.problem]


class FeatureNotSupported(GenerationError):
    """The endpoint is listed, but no engine here serves it or one of its fields."""

    status = 422

    @property
    def detail(self) -> list[Problem]:
        return [Problem("feature_not_supported", ("body",), str(self))]


class GenerationTimeout(GenerationError):
    """The engine hung or ran past its deadline and was stopped."""

    status = 504

    @property
    def detail(self) -> list[Problem]:
        return [Problem("generation_timeout", ("body",), str(self))]


class RequestTimeout(GenerationError):
    """The caller's start deadline passed while the request was waiting."""

    status = 504
    error_type = "request_timeout"


class StartupTimeout(GenerationError):
    """The engine did not start within its own limit."""

    status = 504
    error_type = "startup_timeout"


class RunnerLost(GenerationError):
    """The runner died under the request as often as the request may be started."""

    status = 503
    error_type = "runner_disconnected"


class EngineFailed(GenerationError):
    """The engine raised; the request's logs say what."""

    status = 500
    error_type = "runner_server_error"


class ClientCancelled(GenerationError):
    """The caller cancelled the request."""

    status = 499
    error_type = "client_cancelled"


class ClientDisconnected(GenerationError):
    """The caller of a synchronous run hung up."""

    status = 499
    error_type = "client_disconnected"


class OutboundError(MutoscopeError):
    """A fetch did not bring what was asked for; the message is fit for the caller who gave the URL."""


class OutboundRefused(OutboundError):
    """The URL leads where this server does not go."""


class OutboundFailed(OutboundError):
    """The other side is down, too slow or unknown, or answered something other than the file."""


class OutboundTooLarge(OutboundError):
    """The file is over its bound."""

    def __init__(self, message: str, bytes_max: int) -> None:
        super().__init__(message)
        self.bytes_max = bytes_max


class OwnError(MutoscopeError):
    """Our trouble, or the machine's; the same call may go through later."""

    error_type = "internal_error"


class StoreFull(OwnError):
    """The disk or the database has no room; nothing was written."""

    status = 503


class StoreFailed(OwnError):
    """The store could not make the write durable; the server stops accepting."""


def disk_error(what: str, error: OSError) -> StoreFull | StoreFailed:
    """What the operating system said while `what` was written or read, as an error of ours."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreFull(f"no room for {what}: {error.strerror}; free some space in the data folder")
    return StoreFailed(f"{what} cannot be stored or read: {error.strerror or error}")


class ShuttingDown(OwnError):
    """The server is stopping and takes no new work."""

    status = 503


class DataFolderInUse(OwnError):
    """Another server runs on the same data folder."""


class SchemaTooNew(OwnError):
    """The database was written by a newer version of this program."""


class SettingInvalid(OwnError):
    """A setting has a value it cannot have."""


class CatalogInvalid(OwnError):
    """An endpoint description is wrong; names the file and the key."""


class ExtraMissing(OwnError):
    """A chosen part needs an optional package; names the command that adds it."""


class ServerUnreachable(OwnError):
    """A command needs a server and none answers."""
