"""Every column, rule and coded value that can be shown has words in both languages."""

from typing import get_args

import pytest

from geoparty import schema, words
from geoparty.present import labels
from geoparty.settings import RISK_REASONS, Rules

SEASONS = {"dry": "khô", "wet": "mưa"}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_column_has_a_header(language, make):
    results = make()
    names = {
        *schema.COMMUNES,
        *schema.PLACES,
        *schema.COUNTS,
        *schema.ACCOUNT,
        *results.places,
        *results.communes,
        *results.sites,
        *(f"n_reported_{name}" for name in schema.COUNTS),
        *("site_id", "legacy_id", "n_head_is_member", "n_secretary_trained"),
    } - {"geometry"}
    bare = {name for name in names if labels.header(name, SEASONS, language) == name}
    assert not bare


def test_every_rule_and_coded_value_has_words():
    known = words.catalogue("present")
    assert all(f"rule_{name}" in known for name in Rules.model_fields)
    criteria = get_args(get_args(Rules.model_fields["priority"].annotation)[0])
    values = {
        *criteria,
        *RISK_REASONS,
        *schema.GAP_LEVELS,
        *schema.PLACE_KINDS,
        *schema.CELL_STATUSES,
        *schema.LOCATIONS,
        *schema.OUTCOMES,
        *("optimal", "best_found", "partial", "infeasible"),
    }
    bare = {value for value in values if labels.value_words(value, "vi") == value}
    assert not bare


def test_border_agreements_have_words():
    from geoparty.assess import AGREEMENTS

    assert not {v for v in AGREEMENTS if labels.value_words(v, "vi") == v}
