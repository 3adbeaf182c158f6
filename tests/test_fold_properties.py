"""Lines read chunk by chunk, and a fold that passes over what adds nothing, come to what one record at a time does."""

import json
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from loops import records as make
from loops.cases import DAY, MINUTE, NOW, A, N, X
from loops.test_properties import worlds
from reporter.collect.records import Kind, Reading, Source, Span, backwards
from reporter.jobs.folding.shares import Share, fold_shares
from reporter.loops.facts import Folded
from reporter.loops.fold import STEPS
from reporter.loops.folder import Folder
from reporter.loops.table import LOOPS, READER
from reporter.model.raw_records import RecordBatch
from reporter.model.records import ContentFault

HERE = "pilot"
ages = st.one_of(st.integers(-10, 60).map(lambda minutes: minutes * MINUTE), st.just(-2 * DAY), st.just(400 * DAY))
spellings = st.sampled_from(
    (
        "{:%Y-%m-%dT%H:%M:%SZ}",
        "{:%Y-%m-%dT%H:%M:%SZ}",
        "{:%Y-%m-%dT%H:%M:%S+00:00}",
        "{:%Y-%m-%dT%H:%M:%S+02:00}",
        "{:%Y-%m-%d %H:%MZ}",
        "{:%Y-%m-%dT%H:%M:%S}",
        "{:%d %B}",
        "0001-01-01T00:00:00+14:00",
    )
)
odd: list[dict[str, Any]] = [
    {},
    {},
    {},
    {"environment": HERE},
    {"environment": "other"},
    {"environment": 7},
    {"blocked_count": 1},
    {"status_codes": [503]},
    {"status_codes": [204]},
    {"status_codes": [200, 500]},
    {"status_codes": None},
    {"failed_providers": ["slack"]},
    {"delivery_success": False},
    {"delivery_success": "yes"},
    {"delivery": None},
    {"delivery": {"success": False}},
    {"delivery": {"success": True, "deliveries": [{"provider": "slack", "success": True}]}},
    {"delivery": {"deliveries": [{"provider": "slack", "success": True, "status_code": 200}]}},
    {"delivery": {"deliveries": [{"provider": "slack", "success": True, "status_code": 503}]}},
    {"delivery": {"deliveries": [{"provider": "slack", "success": True, "error": "refused"}]}},
    {"delivery": {"deliveries": [{"provider": "teams", "success": True}]}},
    {"providers": ["Slack "]},
    {"providers": ["pigeon"]},
    {"providers": ["slack", "jira"]},
    {"providers": []},
    {"event_id": None, "schedule_id": None},
    {"connector_delivery_source": "go_backend_rollback_drill_other"},
    {"connector_delivery_source": "elsewhere"},
    {"metadata_kind": "release-bundle"},
    {"notes": 'a "word" \\ two\nlines, "delivery_success"'},
    {"copy": {"delivery_success": True}},
    {"session_id": ""},
]


@st.composite
def attempts(draw: st.DrawFn) -> make.RecordValue:
    """Deliver one subject to one provider, again and again, with something odd about some."""
    name = draw(st.sampled_from(("", "rcd-1", "rcd-2")))
    value = make.delivery(draw(st.sampled_from((N, A))), NOW, "monthly", rid=name)
    value["created_at"] = draw(spellings).format(NOW - draw(ages))
    value |= draw(st.sampled_from(odd))
    left = draw(st.sampled_from(("", "", "", "delivery_success", "delivery", "status_codes")))
    return {key: item for key, item in value.items() if key != left}


@st.composite
def heartbeats(draw: st.DrawFn) -> list[make.RecordValue]:
    """Run the worker of one loop so often that not all of its runs are kept."""
    loop, routes = draw(st.sampled_from((N, X))), [("monthly", "slack")] * draw(st.booleans())
    status = draw(st.sampled_from((None, None, "completed", "failed", "odd")))
    last = make.worker_run(loop, NOW - draw(ages), dry=draw(st.booleans()), status=status, routes=routes)
    start = NOW - draw(ages)
    runs = [make.worker_run(loop, start - n * MINUTE, dry=draw(st.booleans())) for n in range(draw(st.integers(0, 9)))]
    return [*runs, last | draw(st.sampled_from(({}, {}, {"environment": "other"}, {"environment": []})))]


damages = st.sampled_from(
    (
        lambda raw: raw[:-1],
        lambda raw: raw + raw,
        lambda raw: raw + b" " + raw,
        lambda raw: raw + b"," + raw,
        lambda raw: raw.replace(b", ", b",\n", 1),
        lambda raw: raw.replace(b"{", b"{\n", 1),
        lambda raw: raw[:-1] + b"\n}",
        lambda raw: raw.replace(b'": "', b'": "\n', 1),
        lambda raw: raw.replace(b'": "', b'": "\xff', 1),
        lambda raw: raw[:-1] + b', "delivery_success": true}',
        lambda raw: raw[:-1] + rb', "delivery\u005fsuccess": true}',
        lambda raw: raw.replace(b'"success"', b'"success": false, "success"', 1),
        lambda raw: raw.replace(b'"success"', rb'"succes\u0073": false, "success"', 1),
        lambda raw: raw[:-1] + b', "metadata_kind": "release-bundle"}',
        lambda raw: raw + b"\r",
        lambda raw: b" " + raw,
        lambda raw: b"[" + raw + b"]",
        lambda raw: b'{"x": {}' + b"\n" + raw,
        lambda raw: raw + b"\n\n",
        lambda raw: raw[:0] + b" \t",
        lambda raw: raw[:0] + b"3",
    )
)


def written(value: make.RecordValue, *, packed: bool) -> bytes:
    return json.dumps(value, separators=(",", ":") if packed else None).encode()


contents = st.builds(
    lambda values, packed, edits, order, ended: (_edited(values, packed, edits, order), ended),
    st.one_of(
        st.lists(attempts(), max_size=30),
        st.lists(heartbeats(), max_size=6).map(lambda runs: [one for each in runs for one in each]),
        st.tuples(worlds, st.lists(attempts(), max_size=8)).map(lambda both: [*both[0], *both[1]]),
    ),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 40), damages), max_size=3),
    st.randoms(use_true_random=False),
    st.booleans(),
).map(lambda made: b"\n".join(made[0]) + b"\n" * made[1])


def _edited(values: list[make.RecordValue], packed: bool, edits: Any, order: Any) -> list[bytes]:  # noqa: ANN401, FBT001
    raws = [written(value, packed=packed) for value in values]
    for place, damage in edits:
        if place < len(raws):
            raws[place] = damage(raws[place])
    raws += raws[::5]
    order.shuffle(raws)
    return raws


def folded_one_by_one(content: bytes) -> Folded:
    """Read each line by itself, and give each record to the function of its step."""
    folder = Folder(NOW, LOOPS, HERE)
    lines = enumerate(content.split(b"\n"), 1)
    record: Any
    for record in chain.from_iterable(READER.decode_batch(RecordBatch([raw], "a.jsonl", at)) for at, raw in lines):
        if isinstance(record, ContentFault):
            folder.fault(record)
        elif record.environment is None or folder.is_here(record, record.environment):
            step = STEPS.get(record.step)
            if step is not None:
                step(folder, record)
    return folder.finish()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fold") / "a.jsonl"


@given(content=contents, chunk=st.sampled_from((700, 5_000, 1 << 16)))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_fold_of_a_file_is_that_of_its_records_one_by_one(path: Path, content: bytes, chunk: int) -> None:
    path.write_bytes(content)
    share = Share(Source(str(path), "a.jsonl", Kind.LINES), len(content), Span(0, len(content)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backwards, "CHUNK", chunk)
        folded, (read,) = fold_shares([share], Reading(), NOW, HERE)
    alone = folded_one_by_one(content)
    event(f"{min(len(alone.faults), 3)} faults or more")
    assert folded == alone
    assert read.records + read.faulty == sum(bool(raw.strip()) for raw in content.split(b"\n"))
