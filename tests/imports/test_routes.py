"""The pages of the import, from the upload to taking it back."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from portal.imports import results
from portal.models import AuditEntry, Device, Import
from tests.browsing import send
from tests.factories import make_customer, make_device
from tests.imports.making import LISTS, xlsx
from tests.page_forms import forms_in

HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Person:
    """A signed-in client with the few things that these tests do."""

    def __init__(self, client):
        self.client = client

    def get(self, url, headers=None):
        return self.client.get(url, headers=headers or {})

    def post(self, url, data=None, headers=None, **more):
        sent = {**(data or {}), **more}
        if found := re.fullmatch(r"(/imports/\d+)/(choices|accept|row)", url):
            for form in forms_in(self.get(found[1])):  # one version for all that can be chosen
                if form.address == f"{found[1]}/choices":
                    sent.setdefault("version", form.data()["version"])
        return send(self.client, url, sent, headers)

    def upload(self, content, name="list.xlsx", **more):
        return self.post("/imports", file=(io.BytesIO(content), name), **more)

    def apply(self, url):
        digest = re.search(r'name="version" value="(\w+)"', self.get(url).text)[1]
        return self.post(f"{url}/apply", version=digest)


@pytest.fixture
def operator(client_as):
    return Person(client_as("operator"))


@pytest.fixture
def admin(client_as):
    return Person(client_as("admin"))


def sample(name):
    return (LISTS / name).read_bytes()


def macs(session):
    session.expire_all()
    return set(session.scalars(select(Device.mac)))


def test_plain_list_goes_all_the_way_and_back(operator, session):
    answer = operator.upload(sample("01_plain_list.xlsx"), "01_plain_list.xlsx")
    assert answer.status_code == 303
    url = answer.location
    page = operator.get(url).text
    assert "Import 12 devices (12 new)" in page
    assert "12 cells look like a MAC: 12 are in the rows below, none is left out." in page
    assert macs(session) == set()
    answer = operator.apply(url)
    assert (answer.status_code, answer.location) == (303, url)
    assert len(macs(session)) == 12
    page = operator.get(url).text
    assert "Imported 12 devices (12 new)" in page
    assert 'href="/devices/001565ed124d"' in page
    assert operator.get(f"{url}/undo").text.count("12 devices that it added will be deleted.") == 1
    assert operator.post(f"{url}/undo").status_code == 303
    assert macs(session) == set()
    assert "12 devices deleted." in operator.get(url).text


def test_mistakes_are_held_back_and_the_rest_is_imported(operator, session):
    make_customer(session, "North")
    make_customer(session, "South")
    session.commit()
    url = operator.upload(sample("07_mistakes.xlsx")).location
    page = operator.get(url).text
    assert "rows are held back" in page
    wrong = operator.get(f"{url}?outcome=error").text
    assert "is too short for a MAC" in wrong
    operator.apply(url)
    done = operator.get(url).text
    assert "problems marked" in done
    stored = session.get(Import, int(url.rpartition("/")[2])).result["summary"]
    assert len(macs(session)) == stored["new"] > 0
    assert stored["error"] + stored["conflict"] + stored["needs_ok"] > 0
    operator.post(f"{url}/undo")
    assert macs(session) == set()


def test_pasted_text_goes_all_the_way_and_back(operator, session):
    text = "Hello,\nplease add 00:15:65:aa:bb:01\nand 00:15:65:aa:bb:02\nRegards"
    url = operator.post("/imports", text=text).location
    assert "Import 2 devices (2 new)" in operator.get(url).text
    operator.apply(url)
    assert macs(session) == {"001565aabb01", "001565aabb02"}
    operator.post(f"{url}/undo")
    assert macs(session) == set()


@pytest.mark.parametrize("name", sorted(p.name for p in LISTS.iterdir() if p.suffix != ".json"))
def test_every_sample_list_can_be_uploaded_and_looked_at(operator, name):
    answer = operator.upload(sample(name), name)
    assert answer.status_code == 303
    for more in ("", "?outcome=left_out", "?outcome=error&page=9", "/problems.xlsx"):
        assert operator.get(answer.location + more).status_code == 200
    assert operator.apply(answer.location).status_code in (303, 422)


def test_file_that_is_no_list_is_refused_on_the_same_page(operator, session):
    answer = operator.upload(b"\x89PNG\r\n\x1a\n" + bytes(100), "photo.xlsx")
    assert answer.status_code == 422
    assert "This is a picture" in answer.text
    assert session.scalar(select(func.count()).select_from(Import)) == 0


def test_list_without_macs_is_refused_and_the_text_stays(operator):
    answer = operator.post("/imports", text="nothing of\nany use")
    assert answer.status_code == 422
    assert "No column with MACs was found" in answer.text
    assert "nothing of\nany use" in answer.text


def test_list_with_nothing_to_import_is_not_imported(operator, session):
    url = operator.post("/imports", text="MAC;Model\n001565aabb0;T46U\n001565aab;T46U").location
    assert re.search(r'<button [^>]*id="apply" disabled', operator.get(url).text)
    assert operator.apply(url).status_code == 422
    assert session.get(Import, 1).applied_at is None


def test_nothing_chosen_is_said(operator):
    answer = operator.post("/imports", text=" ")
    assert answer.status_code == 422
    assert "Choose a file, or paste the list" in answer.text


def test_applying_again_does_nothing_twice(operator, session):
    url = operator.upload(sample("01_plain_list.xlsx")).location
    digest = re.search(r'name="version" value="(\w+)"', operator.get(url).text)[1]
    operator.post(f"{url}/apply", version=digest)
    entries = session.scalar(select(func.count()).select_from(AuditEntry))
    answer = operator.post(f"{url}/apply", version=digest)
    assert (answer.status_code, answer.location) == (303, url)
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == entries
    assert len(macs(session)) == 12


def test_plan_that_changed_is_shown_again(operator, session):
    url = operator.upload(sample("01_plain_list.xlsx")).location
    digest = re.search(r'name="version" value="(\w+)"', operator.get(url).text)[1]
    make_device(session, "001565ed124d", model="T42S")
    session.commit()
    answer = operator.post(f"{url}/apply", version=digest)
    assert answer.status_code == 409
    assert "look at it again, then import" in answer.text
    assert "Import 12 devices (11 new, 1 changed)" in answer.text
    assert len(macs(session)) == 1
    assert operator.apply(url).status_code == 303


def test_all_or_nothing_disables_the_button_and_refuses(operator, session):
    url = operator.upload(sample("07_mistakes.xlsx")).location
    answer = operator.post(f"{url}/choices", {"all_or_nothing": "1"}, HX)
    assert answer.status_code == 200
    assert re.search(r'<button [^>]*id="apply" disabled', answer.text)
    assert operator.apply(url).status_code == 422
    assert macs(session) == set()


def test_accepting_a_kind_turns_its_rows_new_and_can_be_taken_back(operator):
    url = operator.upload(sample("03_addresses_as_numbers.xlsx")).location
    assert "Import 3 devices" in operator.get(url).text
    operator.post(f"{url}/accept", kind="mac_lost_leading_zeros")
    assert "Import 5 devices" in operator.get(url).text
    operator.post(f"{url}/accept", kind="mac_lost_leading_zeros", no="1")
    assert "Import 3 devices" in operator.get(url).text


def test_row_is_put_right_in_place_left_out_and_taken_in_again(operator):
    rows = ["MAC", "Model"], ["001565aabb0", "T46U"], ["001565aabb02", "T46U"]
    url = operator.upload(xlsx(*rows)).location
    row = {"sheet": "List", "row": "2"}
    answer = operator.post(f"{url}/row", {**row, "cell-mac": "00:15:65:aa:bb:01"}, HX)
    assert "Import 2 devices" in answer.text
    assert "Put right by you" in answer.text
    answer = operator.post(f"{url}/row", {**row, "do": "skip", "outcome": "error"})
    assert answer.location == f"{url}?outcome=error#rows"
    page = operator.get(f"{url}?outcome=left_out").text
    assert "Left out by you" in page
    assert "Take row 2 in again" in page
    operator.post(f"{url}/row", {**row, "do": "unskip"})
    operator.post(f"{url}/row", {**row, "do": "unfix"})
    assert "is too short for a MAC" in operator.get(url).text


def test_columns_can_be_chosen_and_a_wrong_choice_is_refused(operator):
    rows = ["MAC", "MAC 2", "Thing"], ["001565aabb01", "001565aabb02", "T46U"]
    url = operator.upload(xlsx(*rows)).location
    columns = {"header-0": "1", "column-0-0": "", "column-0-1": "mac", "column-0-2": "model"}
    answer = operator.post(f"{url}/choices", columns, HX)
    assert "00:15:65:AA:BB:02" in answer.text
    assert "Model: C “Thing”" in answer.text
    answer = operator.post(f"{url}/choices", {**columns, "column-0-0": "mac"}, HX)
    assert answer.status_code == 422
    assert "columns A and B are both MAC" in answer.text
    assert answer.text.count('<option value="mac" selected>') == 2
    answer = operator.post(f"{url}/choices", {**columns, "column-0-2": "colour"}, HX)
    assert answer.status_code == 422
    assert "“colour” is no field" in answer.text
    answer = operator.post(f"{url}/choices", {**columns, "header-0": "77"}, HX)
    assert answer.status_code == 422


def test_customer_for_all_rows_and_moving_phones_of_others(operator, session):
    make_customer(session, "Alder")
    make_device(session, "001565aabb01", customer=make_customer(session, "Birch"))
    session.commit()
    content = xlsx(["MAC"], ["001565aabb01"], ["001565aabb02"])
    url = operator.upload(content, customer="Alder").location
    page = operator.get(url).text
    assert "The phone belongs to Birch; shall it move to Alder?" in page
    assert "Import 1 device (1 new)" in page
    operator.post(f"{url}/choices", customer="Alder", move_customers="1")
    assert "Import 2 devices (1 new, 1 changed)" in operator.get(url).text


def test_fragment_is_only_the_rows(operator):
    url = operator.upload(sample("07_mistakes.xlsx")).location
    page = operator.get(f"{url}?outcome=error", HX)
    assert page.text.lstrip().startswith('<section id="rows"')


@pytest.mark.parametrize(
    "path", ["", "/template.xlsx", "/1", "/1/undo", "/1/file", "/1/problems.xlsx"]
)
def test_viewer_is_refused(client_as, path):
    assert Person(client_as("viewer")).get(f"/imports{path}").status_code == 403


@pytest.mark.parametrize("path", ["", "/1/choices", "/1/accept", "/1/row", "/1/apply", "/1/undo"])
def test_viewer_may_not_write(client_as, path):
    assert Person(client_as("viewer")).post(f"/imports{path}").status_code == 403


def test_missing_upload_is_404(operator):
    for path in ("", "/undo", "/file", "/problems.xlsx"):
        assert operator.get(f"/imports/77{path}").status_code == 404
    for path in ("/choices", "/accept", "/row", "/apply", "/undo"):
        assert operator.post(f"/imports/77{path}").status_code == 404


def test_passwords_of_a_list_are_masked_and_its_file_is_its_uploaders(admin, client_as, session):
    rows = ["MAC", "SIP user", "Password"], ["001565aabb01", "101", "Tr0ub4dor"]
    content = xlsx(*rows)
    url = admin.upload(content).location
    assert "Tr0ub4dor" not in admin.get(url).text
    operator = Person(client_as("operator"))
    assert operator.get(f"{url}/file").status_code == 403
    operator.post(f"{url}/choices", {"column-0-2": ""})
    assert "Tr0ub4dor" not in operator.get(url).text
    assert operator.get(f"{url}/file").status_code == 403
    assert operator.get(f"{url}/problems.xlsx").status_code == 403
    operator.post(f"{url}/choices", {"column-0-2": "password"})
    admin.apply(url)
    assert "Tr0ub4dor" not in admin.get(url).text
    assert operator.get(f"{url}/file").status_code == 403
    assert admin.get(f"{url}/file").data == content
    assert "Tr0ub4dor" not in str(list(results.all_rows(session, 1)))


def test_error_workbook_is_the_list_with_its_problems_and_works_when_corrected(operator, session):
    text = (
        "Delivery 4711\n\nModel;MAC;Note\nT46U;001565aabb0;=cmd|' /C calc'!A0\n"
        "T46U;00:15:65:aa:bb:02;fine\n"
    )
    url = operator.upload(text.encode(), "List.csv").location
    operator.apply(url)
    workbook = load_workbook(io.BytesIO(operator.get(f"{url}/problems.xlsx").data))
    sheet = workbook["List"]
    assert [cell.value for cell in sheet[3]] == ["Model", "MAC", "Note", "Problem"]
    assert sheet["A1"].value == "Delivery 4711"
    bad = sheet["B4"]
    assert "too short" in bad.comment.text
    assert bad.fill.fgColor.rgb.endswith("F8D7DA")
    assert bad.number_format == "@"
    assert "too short" in sheet["D4"].value
    assert sheet["C4"].data_type == "s"
    assert not sheet["C4"].value.startswith("=")
    assert sheet["D5"].value is None
    bad.value = "00:15:65:aa:bb:01"
    target = io.BytesIO()
    workbook.save(target)
    again = operator.upload(target.getvalue(), "corrected.xlsx").location
    page = operator.get(again).text
    assert "Import 1 device (1 new)" in page
    assert "2 cells look like a MAC: 2 are in the rows below, none is left out." in page
    operator.apply(again)
    assert macs(session) == {"001565aabb01", "001565aabb02"}


def test_template_can_be_filled_in_and_uploaded(admin, session):
    make_customer(session, "=SUM(1)")
    session.commit()
    workbook = load_workbook(io.BytesIO(admin.get("/imports/template.xlsx").data))
    sheet = workbook["Devices"]
    assert sheet["A2"].number_format == "@"
    offers = {str(found.sqref): found.formula1 for found in sheet.data_validations.dataValidation}
    assert set(offers) == {"B2:B1001", "F2:F1001"}
    assert workbook["Choices"]["B1"].value == "'=SUM(1)"
    sheet["A2"], sheet["B2"], sheet["H2"], sheet["J2"] = "001565aabb01", "T46U", "101", "Secret-1"
    target = io.BytesIO()
    workbook.save(target)
    url = admin.upload(target.getvalue(), "devices.xlsx").location
    assert "Import 1 device (1 new)" in admin.get(url).text
    admin.apply(url)
    device = session.scalars(select(Device)).one()
    assert (device.model, device.ports[0].account.user_name) == ("T46U", "101")


def test_pages_of_a_long_list_are_quick_and_add_up(operator, config):
    rows = [[f"0015650{number:05x}", "T46U"] for number in range(120)]
    url = operator.upload(xlsx(["MAC", "Model"], *rows)).location
    page = operator.get(f"{url}?page=3").text
    assert "101–120 of 120 rows" in page
    assert page.count('<th scope="row"') == 20


def test_list_shows_the_state_of_each_upload(operator):
    operator.upload(sample("01_plain_list.xlsx"), "waiting.xlsx")
    url = operator.upload(sample("06_mixed_notation.csv"), "mixed.csv").location
    operator.apply(url)
    page = operator.get("/imports").text
    assert page.index("mixed.csv") < page.index("waiting.xlsx")
    assert "imported" in page
    assert "waits for you" in page


def test_time_of_the_result_is_stored(operator, session):
    url = operator.upload(sample("01_plain_list.xlsx")).location
    operator.apply(url)
    upload = session.get(Import, int(url.rpartition("/")[2]))
    assert upload.applied_by == "operator-user"
    assert (datetime.now(UTC) - upload.applied_at).total_seconds() < 60


def test_own_column_called_problem_counts_and_keeps_its_place(operator):
    rows = (
        ["MAC", "Model", "Problem"],
        ["001565aabb0", "T46U", "00:15:65:aa:bb:99"],
        ["001565aabb02", "T46U", "00:15:65:aa:bb:98"],
    )
    url = operator.upload(xlsx(*rows)).location
    page = operator.get(f"{url}?outcome=left_out").text
    assert "3 cells look like a MAC" in page
    assert page.count("In column C “Problem”") == 2
    workbook = load_workbook(io.BytesIO(operator.get(f"{url}/problems.xlsx").data))
    sheet = workbook["List"]
    assert [cell.value for cell in sheet[1]] == ["MAC", "Model", "Problem", "Problem"]
    assert sheet["C2"].value == "00:15:65:aa:bb:99"
    assert sheet["D2"].value.startswith("Portal: ")
    sheet["D3"] = "Portal: this is about 00:15:65:aa:bb:97"
    target = io.BytesIO()
    workbook.save(target)
    again = operator.upload(target.getvalue(), "again.xlsx").location
    assert "3 cells look like a MAC" in operator.get(again).text
    workbook = load_workbook(io.BytesIO(operator.get(f"{again}/problems.xlsx").data))
    assert len(workbook["List"][1]) == 4
