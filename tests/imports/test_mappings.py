"""Mappings of columns: remembered by the header, saved under a name, used again."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.errors import RuleBroken
from portal.imports.mappings import as_found, used, with_named
from portal.imports.read import Options, table_of
from portal.models import ColumnMapping, Device
from tests.imports.making import sheet, xlsx
from tests.imports.test_discard import as_
from tests.imports.test_routes import HX, Person

HEADER = ["Thing", "Code A", "Code B"]
ROWS = (HEADER, ["T46U", "001565aabb01", "001565aabb11"], ["T46U", "001565aabb02", "001565aabb12"])
CHOSEN = {"header-0": "1", "column-0-0": "model", "column-0-1": "", "column-0-2": "mac"}


@pytest.fixture
def operator(client_as):
    return Person(client_as("operator"))


def mapping_of(**columns):
    return ColumnMapping(id=7, fingerprint="none such", columns=columns, name="X")


def import_with(person, *rows, **more):
    url = person.upload(xlsx(*rows)).location
    person.post(f"{url}/choices", {**CHOSEN, **more})
    assert person.apply(url).status_code == 303
    return url


def test_columns_chosen_once_are_the_default_for_the_next_list_with_that_header(operator, session):
    import_with(operator, *ROWS)
    assert set(session.scalars(select(Device.mac))) == {"001565aabb11", "001565aabb12"}
    page = operator.get(operator.upload(xlsx(HEADER, ["T42S", "", "001565aabb13"])).location).text
    assert "as you chose them on" in page
    assert "Import 1 device (1 new)" in page
    assert "Model: A “Thing”" in page


def test_columns_are_found_again_below_a_title_and_in_a_corrected_workbook(operator):
    import_with(operator, *ROWS)
    title = ["Delivery 4711"], [], [*HEADER, "Problem"], ["T42S", "", "001565aabb13"]
    page = operator.get(operator.upload(xlsx(*title)).location).text
    assert "as you chose them on" in page
    assert "header in row 3" in page
    assert "Import 1 device (1 new)" in page


def test_colleague_sees_whose_columns_they_are(operator, client_as):
    import_with(operator, *ROWS)
    admin = Person(client_as("admin"))
    page = admin.get(as_(admin).upload(xlsx(*ROWS)).location).text
    assert "as operator-user chose them on" in page


def test_detecting_again_forgets_the_columns_once_the_list_is_imported(operator, session):
    import_with(operator, *ROWS)
    url = operator.upload(xlsx(HEADER, ["T46U", "001565aabb21", "x"])).location
    form = {**CHOSEN, "do": "detect-0"}
    answer = operator.post(f"{url}/choices", form, HX)
    assert "as you chose them on" not in answer.text
    assert "Import 1 device (1 new)" in answer.text
    assert session.scalar(select(func.count()).select_from(ColumnMapping)) == 1
    operator.apply(url)
    assert session.scalar(select(func.count()).select_from(ColumnMapping)) == 0


def test_choosing_other_columns_is_not_called_the_old_choice(operator):
    import_with(operator, *ROWS)
    url = operator.upload(xlsx(*ROWS)).location
    assert "as you chose" in operator.post(f"{url}/choices", CHOSEN, HX).text
    answer = operator.post(f"{url}/choices", {**CHOSEN, "column-0-0": "description"}, HX)
    assert "as you chose" not in answer.text


def test_import_without_choices_remembers_nothing(operator, session):
    operator.apply(operator.upload(xlsx(["MAC"], ["001565aabb01"])).location)
    assert session.scalar(select(func.count()).select_from(ColumnMapping)) == 0


def test_mapping_is_saved_used_for_another_header_and_deleted(operator, session):
    url = operator.upload(xlsx(*ROWS)).location
    saved = {**CHOSEN, "do": "save-0", "name-0": " Acme "}
    assert operator.post(f"{url}/choices", saved, HX).status_code == 200
    mapping = session.scalars(select(ColumnMapping)).one()
    assert (mapping.name, mapping.chosen_by) == ("Acme", "operator-user")
    assert mapping.columns["mac"] == ["C", "Code B"]
    other = ["No.", "Code B", "Thing", "Code A"], [1, "001565aabb31", "T42S", "001565aabb32"]
    url = operator.upload(xlsx(*other)).location
    form = {"header-0": "1", "mapping-0": str(mapping.id)}
    answer = operator.post(f"{url}/choices", {**form, "do": "use-0"}, HX)
    assert "of the mapping “Acme”" in answer.text
    assert "00:15:65:AA:BB:31" in answer.text
    answer = operator.post(f"{url}/choices", {**form, "do": "delete-0"}, HX)
    assert "mapping “Acme”" not in answer.text
    assert session.scalar(select(func.count()).select_from(ColumnMapping)) == 0


def test_saving_under_the_same_name_replaces(operator, session):
    url = operator.upload(xlsx(*ROWS)).location
    for field in ("model", "description"):
        form = {**CHOSEN, "column-0-0": field, "do": "save-0", "name-0": "Acme"}
        operator.post(f"{url}/choices", form)
    mapping = session.scalars(select(ColumnMapping)).one()
    session.refresh(mapping)
    assert set(mapping.columns) == {"description", "mac"}


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"do": "save-0", "name-0": " "}, "Give the mapping a name"),
        ({"do": "save-0", "name-0": "x" * 101}, "Give the mapping a name"),
        ({"do": "save-0", "name-0": "Acme", "column-0-2": ""}, "Choose the column of the MACs"),
        ({"do": "use-0"}, "Choose one of the mappings"),
        ({"do": "use-0", "mapping-0": "99"}, "Choose one of the mappings"),
        ({"do": "delete-0", "mapping-0": "x"}, "Choose one of the mappings"),
    ],
)
def test_what_cannot_be_done_with_mappings_is_said(operator, session, form, sentence):
    url = operator.upload(xlsx(*ROWS)).location
    answer = operator.post(f"{url}/choices", {**CHOSEN, **form}, HX)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert session.scalar(select(func.count()).select_from(ColumnMapping)) == 0


@pytest.mark.parametrize("do", ["use-9", "save-x", "-", "use", "steal-0"])
def test_odd_buttons_only_update_the_preview(operator, do):
    url = operator.upload(xlsx(*ROWS)).location
    assert operator.post(f"{url}/choices", {**CHOSEN, "do": do}, HX).status_code == 200


def test_remembered_columns_that_do_not_fit_any_more_do_not_count(operator, session):
    import_with(operator, *ROWS)
    mapping = session.scalars(select(ColumnMapping)).one()
    mapping.columns = {"mac": ["ZZ", ""]}
    session.commit()
    answer = operator.upload(xlsx(*ROWS))
    assert answer.status_code == 303
    assert "as you chose them" not in operator.get(answer.location).text


def test_named_mapping_uses_every_sheet_that_it_fits():
    fits, other = sheet(*ROWS, name="A"), sheet(["Note"], ["see A"], name="B")
    options = with_named(Options(), [fits, other], mapping_of(mac=["C", "Code B"]), "X")
    assert options.mappings == {"A": 7}
    assert table_of(fits, options).places["mac"] == 2
    with pytest.raises(RuleBroken, match="“X” does not fit the list"):
        with_named(Options(), [other], mapping_of(mac=["C", "Code B"]), "X")
    with pytest.raises(RuleBroken, match="no sheet"):
        with_named(Options(sheets=["C"]), [fits], mapping_of(mac=["C", ""]), "X")


def test_field_without_column_stays_without_and_found_ones_come_back():
    table = sheet(["MAC", "Model"], ["001565aabb01", "T46U"])
    options = used(Options(), table, mapping_of(mac=["A", "MAC"], model=[]))
    assert options.columns == {"List": {"model": ""}}
    assert as_found(options, "List").columns == {}
    assert as_found(options, "List").mappings == {"List": 0}


def test_list_without_mac_column_is_shown_and_one_can_be_chosen(operator, session):
    rows = ["Model", "Serial", "UPC"], ["T46U", "S1", "001565aabb01"], ["T46U", "S2", "0015 x"]
    answer = operator.upload(xlsx(*rows))
    assert answer.status_code == 303
    page = operator.get(answer.location).text
    assert "No column with MACs was found" in page
    assert "001565aabb01" in page
    assert 'name="header-0" value="1"' in page
    form = {"header-0": "1", "column-0-0": "model", "column-0-1": "serial", "column-0-2": "mac"}
    chosen = operator.post(f"{answer.location}/choices", form, HX).text
    assert "Import 1 device (1 new)" in chosen
    assert "No column with MACs" not in chosen
    operator.apply(answer.location)
    device = session.scalars(select(Device)).one()
    assert (device.mac, device.model, device.serial) == ("001565aabb01", "T46U", "S1")


def test_header_row_and_mac_column_can_be_chosen_at_once(operator):
    rows = ["Aaa", "Bbb"], ["T46U x", "00156"], ["T46U", "1565aa"]
    url = operator.upload(xlsx(*rows)).location
    form = {"header-0": "1", "column-0-0": "", "column-0-1": "mac"}
    page = operator.post(f"{url}/choices", form, HX).text
    assert "header in row 1" in page
    assert "is too short for a MAC" in page


def test_list_without_mac_column_imports_nothing_and_keeps_its_file_to_its_uploader(
    operator, client_as
):
    url = operator.upload(xlsx(["User", "Password"], ["anna", "Tr0ub4dor"])).location
    assert "Tr0ub4dor" not in operator.get(url).text
    other = Person(client_as("admin"))
    assert other.get(f"{url}/file").status_code == 200
    assert operator.apply(url).status_code == 422
    form = {"header-0": "1", "column-0-0": "name", "column-0-1": ""}
    assert "No column with MACs" in operator.post(f"{url}/choices", form, HX).text
