"""Names that machines make."""

import time
import uuid

from mutoscope.ids import is_request_id, new_request_id


def test_a_request_id_is_a_uuid_of_version_7():
    """What clients check, if they check anything."""
    request_id = new_request_id()

    assert is_request_id(request_id)
    assert str(uuid.UUID(request_id)) == request_id
    assert (uuid.UUID(request_id).version, uuid.UUID(request_id).variant) == (7, uuid.RFC_4122)


def test_request_ids_begin_with_the_time_and_never_repeat():
    """Ids of one moment are neighbours; what follows the clock is chance."""
    before = time.time_ns() // 1_000_000
    request_ids = [new_request_id() for _ in range(1_000)]
    after = time.time_ns() // 1_000_000

    clocks = [int(request_id.replace("-", "")[:12], 16) for request_id in request_ids]
    assert before <= clocks[0] and clocks == sorted(clocks) and clocks[-1] <= after
    assert len({request_id[14:] for request_id in request_ids}) == 1_000
