"""A JSON object as its kind: what has the right type counts, what has not is a fault and stands as absent."""

import types
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.collect.parsing import MOST_FAULTS, parse_document
from reporter.collect.typed import read_typed
from reporter.model.documents import Document, DocumentState, Fault, Manifest, pointer_to
from reporter.model.manifests import BY_ALIAS, MANIFESTS
from reporter.model.text import show
from reporter.model.wants import ManifestModel
from reporter.sample.world import sample_world

WORLD = sample_world(datetime(2026, 6, 11, 15, 40, tzinfo=UTC))["production-pilot"]
VALUES: list[Any] = [None, True, 7, 1.5, "x", [], {}]
KINDS = {str: "a text", bool: "true or false", float: "a number", list: "a list", dict: "an object"}


def read(alias: str, value: Any) -> Manifest[Any]:  # noqa: ANN401 - JSON
    document = Document(alias, "x.json", DocumentState.READ, "0" * 64, 1, (), value)
    return read_typed(BY_ALIAS[alias], document)


class Place(NamedTuple):
    """A field somewhere in a manifest, and the types that may stand there."""

    alias: str
    keys: tuple[str | int, ...]
    allowed: frozenset[type]


def plain(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - a type
    """Give the alternatives of a type without its marks."""
    if get_origin(annotation) is Annotated:
        yield from plain(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from plain(one)
    else:
        yield annotation


def places(alias: str, model: type[ManifestModel], above: tuple[str | int, ...] = ()) -> Iterator[Place]:
    for name, field in model.model_fields.items():
        keys = (*above, field.alias or name)
        allowed = set()
        for one in plain(field.annotation):
            holder = get_origin(one) or one
            allowed.add(dict if issubclass(holder, ManifestModel) else holder)
            inner = next(plain(get_args(one)[-1])) if get_args(one) else one
            steps: dict[Any, tuple[str | int, ...]] = {list: (0,), dict: ("release-governance",)}
            step = steps.get(holder, ())
            if issubclass(inner, ManifestModel):
                yield from places(alias, inner, (*keys, *step))
            elif step:
                yield Place(alias, (*keys, *step), frozenset({inner}))
        yield Place(alias, keys, frozenset(allowed))


PLACES = sorted(
    {place for kind in MANIFESTS for place in places(kind.alias, kind.model)},
    key=lambda one: (one.alias, str(one.keys)),
)


def put(value: Any, keys: tuple[str | int, ...], new: Any) -> None:  # noqa: ANN401 - JSON
    """Put a value into a document, making the objects and lists that lead there."""
    for position, key in enumerate(keys[:-1]):
        below: Any = [] if isinstance(keys[position + 1], int) else {}
        if isinstance(key, int):
            if not value:
                value.append(below)
        elif not isinstance(value.get(key), type(below)):
            value[key] = below
        value = value[key]
    if isinstance(value, list):
        value[:1] = [new]
    else:
        value[keys[-1]] = new


def fits(value: object, allowed: frozenset[type]) -> bool:
    return type(value) in allowed or (type(value) is int and float in allowed)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.alias}{pointer_to(*place.keys)}")
def test_wrong_type_at_any_field_is_one_fault_there_and_only_there(place: Place) -> None:
    for found in VALUES:
        value = deepcopy(WORLD.get(place.alias, {}))
        put(value, place.keys, deepcopy(found))
        faults = read(place.alias, value).document.faults
        if fits(found, place.allowed):
            assert faults == (), found
        else:
            (fault,) = faults
            assert (fault.pointer, fault.found) == (pointer_to(*place.keys), show(found))
            assert any(KINDS[one] in fault.wanted for one in place.allowed), fault


@pytest.mark.parametrize(
    "place",
    [place for place in PLACES if isinstance(place.keys[-1], str)],
    ids=lambda place: f"{place.alias}{pointer_to(*place.keys)}",
)
def test_wrong_type_counts_as_absent_and_its_neighbours_still_count(place: Place) -> None:
    with_it = deepcopy(WORLD.get(place.alias, {}))
    put(with_it, place.keys, None)
    without = deepcopy(with_it)
    holder: Any = without
    for key in place.keys[:-1]:
        holder = holder[key]
    del holder[place.keys[-1]]
    assert repr(read(place.alias, with_it).value) == repr(read(place.alias, without).value)


def test_items_of_the_wrong_type_leave_the_pointers_of_their_neighbours_true() -> None:
    drill = {"drill_id": "d", "executed_at": 3}
    found = read(
        "rollback_drill_history", {"drills": [1, drill, None, "x", dict(drill, evidence_refs=["a", 2, "b", {}])]}
    )
    assert [(fault.pointer, fault.found, fault.wanted) for fault in found.document.faults] == [
        ("/drills/0", "1", "an object"),
        ("/drills/1/executed_at", "3", "a text"),
        ("/drills/2", "null", "an object"),
        ("/drills/3", '"x"', "an object"),
        ("/drills/4/executed_at", "3", "a text"),
        ("/drills/4/evidence_refs/1", "2", "a text"),
        ("/drills/4/evidence_refs/3", "an object of 0", "a text"),
    ]
    assert found.value is not None
    assert [one.drill_id for one in found.value.drills] == ["", "d", "", "", "d"]
    assert found.value.drills[4].evidence_refs == ["a", "", "b", ""]


@pytest.mark.parametrize("form", ["owner_routes", "routing_rules"])
@pytest.mark.parametrize("owner", ["object", "list", "str", "list[str]", "a/b~c", "0", ""])
def test_owner_may_have_any_name_and_the_pointer_is_still_true(form: str, owner: str) -> None:
    """Some of these are the words that pydantic puts into its locations for the alternatives of a union."""
    rules = {owner: {"ack_minutes": "x", "manager": "m", "providers": ["slack", 1]}, "other": {"manager": "o"}}
    found = read("rollback_drill_schedule", {form: rules})
    assert found.document.faults == (
        Fault(pointer_to(form, owner, "providers", 1), "1", "a text"),
        Fault(pointer_to(form, owner, "ack_minutes"), '"x"', "a number"),
    )
    routes = getattr(found.value, form)
    assert routes[owner].manager == "m"
    assert routes["other"].manager == "o"


def test_owner_named_like_an_alternative_may_hold_one_too() -> None:
    rules = {"object": {"object": {"ack_minutes": "x"}, "ack_minutes": "y"}}
    found = read("rollback_drill_schedule", {"owner_routes": rules})
    assert found.document.faults == (Fault("/owner_routes/object/ack_minutes", '"y"', "a number"),)


def test_list_of_rules_is_read_like_an_object_of_rules() -> None:
    found = read("rollback_drill_schedule", {"owner_routes": [{"providers": 3, "manager": "m"}, 4]})
    assert found.document.faults == (
        Fault("/owner_routes/0/providers", "3", "a text or a list"),
        Fault("/owner_routes/1", "4", "an object"),
    )
    assert found.value is not None
    assert [rule.manager for rule in found.value.owner_routes] == ["m", ""]


def test_faults_of_parsing_come_first_and_are_not_repeated() -> None:
    raw = b'{"status": "a", "status": 1, "interval_days": NaN, "owners": [1, "\\ud800"]}'
    found = read_typed(
        BY_ALIAS["rollback_drill_schedule"], parse_document("rollback_drill_schedule", "schedule.json", raw)
    )
    assert [fault.pointer for fault in found.document.faults] == ["/status", "/interval_days", "/owners/1", "/owners/0"]


def test_more_faults_than_anybody_reads_end_in_one_that_says_so() -> None:
    found = read("rollback_plan", {"controls": [1] * 60, "evidence_refs": [1] * 60})
    assert len(found.document.faults) == MOST_FAULTS + 1
    assert found.document.faults[-1] == Fault("", "more than 50 faults", "none")
    assert len(read("rollback_plan", {"controls": [1] * 50}).document.faults) == MOST_FAULTS


def test_document_without_an_object_has_no_model() -> None:
    document = parse_document("rollback_plan", "plan.json", b"[]")
    found = read_typed(BY_ALIAS["rollback_plan"], document)
    assert (found.document, found.value) == (document, None)


def test_value_that_was_read_is_left_as_it_was() -> None:
    value = {"status": 1, "controls": [1, "x"]}
    assert read("rollback_plan", value).document.value == {"status": 1, "controls": [1, "x"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.sampled_from([str(place.keys[-1]) for place in PLACES]), inner, max_size=6)
    ),
    max_leaves=30,
)


@settings(max_examples=min(300, settings().max_examples))
@given(alias=st.sampled_from(list(BY_ALIAS)), data=st.data())
def test_any_object_yields_a_model_and_faults_that_point_into_it(alias: str, data: st.DataObject) -> None:
    names = st.sampled_from(list(BY_ALIAS[alias].model.model_fields))
    value = data.draw(st.dictionaries(names | st.text(), JSON, max_size=8))
    found = read(alias, value)
    assert isinstance(found.value, BY_ALIAS[alias].model)
    assert len(found.document.faults) <= MOST_FAULTS + 1
    for fault in found.document.faults:
        assert fault.found != "nothing"
