"""Refusals of the API beside the inputs they are about."""

from starlette.datastructures import FormData

from arena.client import ApiProblem
from arena.web.forms import Form, Submission, refused, sentence

INPUTS = {"name": "name", "window": "start", "window.end": "end", "scoring.points": "points"}


def problem(*errors: tuple[str, str, str], detail: str = "it was refused") -> ApiProblem:
    document = {"type": "https://habitarena.io/problems/x", "detail": detail, "request_id": "r-1"}
    return ApiProblem(422, document | {"errors": [{"field": field, "rule": rule, "message": words} for field, rule, words in errors]})


def sent(**fields: str) -> Submission:
    return Submission(FormData(fields))


def test_each_refusal_stands_beside_its_input_as_a_sentence() -> None:
    form = refused(sent(name="x"), problem(("name", "r", "it must not be blank"), ("window.end", "r", "too early")), INPUTS)
    assert form.errors == {"name": "It must not be blank.", "end": "Too early."}
    assert form.problem == ""


def test_a_field_inside_an_object_counts_for_the_object() -> None:
    assert refused(sent(), problem(("window.days.0", "r", "odd")), INPUTS).errors == {"start": "Odd."}


def test_what_belongs_to_no_input_is_said_for_the_whole_form() -> None:
    form = refused(sent(), problem(("elsewhere", "r", "no")), INPUTS)
    assert (form.problem, form.errors) == ("No.", {})


def test_a_refusal_without_fields_tells_the_detail_and_the_number_to_quote() -> None:
    form = refused(sent(), problem(detail="all places are taken"), INPUTS)
    assert (form.problem, form.request_id) == ("All places are taken.", "r-1")


def test_what_was_typed_is_kept_but_no_secret() -> None:
    kept = refused(sent(name="Ann", password="hidden", csrf="t"), problem(), INPUTS)
    assert kept.values == {"name": ["Ann"]}


def test_rules_of_the_parser_are_told_in_words_for_people() -> None:
    form = refused(sent(), problem(("name", "string_too_short", "String should have at least 1 character")), INPUTS)
    assert form.error("name") == "Fill this in."


def test_an_input_may_be_a_point_or_a_comma_and_an_empty_form_has_nothing_wrong() -> None:
    form = Form.of(amount=5, unit=None)
    assert (form.value("amount"), form.value("unit"), form.error("amount"), form.has("amount", "5")) == ("5", "", "", True)


def test_a_sentence_has_a_capital_and_a_stop() -> None:
    assert [sentence("no such zone"), sentence("Really?"), sentence(" ")] == ["No such zone.", "Really?", "This was refused."]
