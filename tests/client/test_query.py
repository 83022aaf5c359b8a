"""Scripts on their way to Ninox: what is sent, what is made of the answer, what is repeated."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ninox_api.client import NinoxClient
from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxScriptError, NinoxServerError
from ninox_api.schema import DatabaseName, Field
from ninox_api.scripts import quote_name, quote_names
from tests.helpers import limits
from tests.helpers.seeds import DATABASE_ID, TEAM_ID
from tests.helpers.wire import calls


def reader(simulator):
    config = ConnectionConfig(api_url=simulator.url, auth_token=simulator.token, max_retries=1)
    return NinoxClient(config).database(TEAM_ID, DatabaseName(id=DATABASE_ID, name="Shop"))


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ("1 + 6", 7),
        ("0.1", Decimal("0.1")),
        ("(select Customers).Name", ["name 1", "name 2", "name 3"]),
        ('"ü" + " 🌱"', "ü 🌱"),
        ("first(select Customers where Name = 7)", None),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_a_script_is_posted_and_its_value_comes_back(simulator, script, value):
    assert reader(simulator).query(script) == value
    (call,) = calls(simulator)
    assert (call.method, call.path.rpartition("/")[2], call.query) == ("POST", "query", {})


def test_an_error_with_status_200_is_an_error_that_repeats_neither_script_nor_reason(simulator):
    simulator.switches.update({"script_errors": "200"})
    with pytest.raises(NinoxScriptError) as caught:
        reader(simulator).query("secret_function()")
    assert "secret_function" not in str(caught.value)
    assert "/query" in str(caught.value)


@pytest.mark.parametrize(("tries", "sent"), [(1, 1), (2, 2)])
@limits.no_pauses()
def test_how_often_a_500_is_tried_is_for_the_caller_to_say(simulator, tries, sent):
    with pytest.raises(NinoxServerError):
        reader(simulator).query("nonsense()", tries_of_500=tries)
    assert len(calls(simulator)) == sent


@pytest.mark.parametrize(
    ("name", "others", "written"),
    [
        ("Total", (), "'Total'"),
        ('Preis "netto" €; delete this', (), "'Preis \"netto\" €; delete this'"),
        ("🌱 Größe (cm)", (), "'🌱 Größe (cm)'"),
        ("Kunde's Total", (), "'F'"),
        ("Kunde's Total", ("F",), None),
        ("Total", ("Total",), "'F'"),
        ("Id", (), "'F'"),
        ("Total", ("Total", "F"), None),
        ("X0", ("Total",), "'F'"),
        ("F", (), "'F'"),
        ("Total\\", (), "'F'"),
    ],
)
def test_a_caption_in_a_script_is_never_more_than_a_name(name, others, written):
    field = Field(id="F", name=name, type="fn")
    siblings = [field, *(Field(id=f"X{number}", name=other, type="string") for number, other in enumerate(others))]
    assert quote_name(field, siblings) == written
    assert quote_names(siblings)[0] == written
