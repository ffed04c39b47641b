from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from sqlalchemy import func, select

from portal.cli import main
from portal.jobs import store_import
from portal.models import AuditEntry, Device, Import, SipAccount
from tests.factories import make_customer, make_device
from tests.imports.making import LISTS

CSV = (
    b"MAC,Model,Port 1 account,Port 1 password\n80:5e:c0:00:00:01,T31G,101,Sesame-open-1\n"
    b"tbd,T31G,,\n80:5e:c0:00:00:02,T31G,,\n80:5e:c0:00:00:02,T46U,,\n"
    b"Total,80:5e:c0:00:00:09,,Sesame-open-2\n"
)


def upload(call, data=CSV, name="list.csv", headers=None, **options):
    form = {"file": (io.BytesIO(data), name), **options}
    return call("POST", "/imports", data=form, headers=headers or {})


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_preview_is_what_the_command_line_prints(program, session, config, tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_INSTANCE", str(config.instance))
    file = tmp_path / "list.csv"
    file.write_bytes(CSV)
    printed = CliRunner().invoke(main, ["import", str(file), "--dry-run", "--json"])
    made = upload(program())
    assert made.status_code == 201
    assert made.json["preview"] == json.loads(printed.output)
    assert list(json.loads(printed.output)) == [
        "file_error",
        "questions",
        "summary",
        "rows",
        "left_out",
    ]
    assert made.json["preview"]["summary"]["new"] == 1
    assert "Sesame" not in made.text + printed.output


@pytest.mark.parametrize("file", sorted(LISTS.glob("[01]*")), ids=lambda file: file.name)
def test_lists_of_the_tests_give_the_same_as_the_command_line(file, program, config, monkeypatch):
    monkeypatch.setenv("PORTAL_INSTANCE", str(config.instance))
    printed = CliRunner().invoke(main, ["import", str(file), "--dry-run", "--json"])
    told = json.loads(printed.output)
    made = upload(program(), file.read_bytes(), file.name)
    if told.get("file_error"):
        assert made.status_code == 422
        assert made.json["error"]["message"] == told["file_error"]
    else:
        assert made.json["preview"] == told


def test_list_is_imported_and_its_rows_say_what_became_of_them(program, session):
    call = program()
    made = upload(call).json
    assert (made["status"], made["summary"]) == ("waiting", None)
    done = call("POST", f"/imports/{made['id']}/apply", json={"digest": made["digest"]})
    assert (done.status_code, done.json["status"]) == (200, "imported")
    assert done.json["summary"]["new"] == 1
    assert count(session, Device) == 1
    rows = call.get(f"/imports/{made['id']}/rows?outcome=conflict&size=1")
    assert (rows["total"], len(rows["items"])) == (2, 1)
    assert rows["next"].startswith(f"/api/v1/imports/{made['id']}/rows?")
    assert rows["items"][0]["mac"] == "805ec0000002"
    assert call.get("/imports")["items"][0]["filename"] == "list.csv"


def test_applying_twice_does_nothing_twice(program, session):
    call = program()
    url = upload(call).headers["Location"]
    first, second = (call("POST", f"{url}/apply", json={}) for _ in range(2))
    assert first.json == second.json
    assert (count(session, Device), count(session, SipAccount)) == (1, 1)


def test_post_that_comes_again_with_its_key_keeps_nothing_twice(program, session):
    call, key = program(), {"Idempotency-Key": "order-4711"}
    first, again = upload(call, headers=key), upload(call, headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    assert count(session, Import) == 1
    assert call("POST", first.headers["Location"] + "/apply", json={}).status_code == 200
    assert upload(call, headers=key).json["status"] == "imported"
    assert count(session, Device) == 1


def test_key_of_another_list_is_refused_and_that_of_another_user_is_another(program, session):
    key = {"Idempotency-Key": "order-4711"}
    call, other = program(), program()
    made = upload(call, headers=key)
    reused = upload(call, CSV + b"\n80:5e:c0:00:00:07,T31G,,\n", headers=key)
    assert (reused.status_code, reused.json["error"]["code"]) == (422, "key_reused")
    assert upload(other, headers=key).json["id"] != made.json["id"]


def test_preview_that_is_out_of_date_is_refused(program, session):
    call = program()
    made = upload(call).json
    make_device(session, "805ec0000001")
    session.commit()
    late = call("POST", f"/imports/{made['id']}/apply", json={"digest": made["digest"]})
    assert (late.status_code, late.json["error"]["code"]) == (409, "stale")
    anew = call.get(f"/imports/{made['id']}/preview")
    assert anew["preview"]["summary"]["new"] == 0
    assert anew["digest"] != made["digest"]


def test_all_or_nothing_stores_nothing_while_rows_are_held_back(program, session):
    call = program()
    made = upload(call, all_or_nothing="true")
    refused = call("POST", made.headers["Location"] + "/apply", json={})
    assert refused.status_code == 422
    assert "Some rows are held back" in refused.json["error"]["message"]
    assert count(session, Device) == 0


def test_options_are_those_of_the_command_line(program, session):
    make_customer(session, "North")
    session.commit()
    data = b"805ec0000001 / 805ec0000002,T31G\n"
    made = upload(
        program(), data, customer="north", map=["A=mac", "B=model"], accept=["mac_several"]
    )
    rows = made.json["preview"]["rows"]
    assert [(row["mac"], row["outcome"]) for row in rows] == [
        ("805ec0000001", "new"),
        ("805ec0000002", "new"),
    ]
    unknown = upload(program(), customer="South")
    assert unknown.json["error"]["field"] == "customer"
    assert upload(program(), map=["x"]).json["error"]["message"] == "“x” is not COLUMN=FIELD"
    assert upload(program(), mapping="none").json["error"]["field"] == "mapping"


def test_file_that_is_no_list_is_refused_and_not_kept(program, session):
    refused = upload(program(), b"%PDF-1.7\n", "list.pdf")
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "file")
    assert "This is a PDF" in refused.json["error"]["message"]
    nothing = program()("POST", "/imports", data={"customer": "x"})
    assert nothing.json["error"]["field"] == "file"
    assert count(session, Import) == 0


def test_new_customers_take_the_scope_for_customers(program, session):
    data = b"MAC,Customer\n805ec0000001,New Ltd\n"
    scoped = upload(program("admin", "imports"), data)
    assert scoped.json["preview"]["rows"][0]["outcome"] == "error"
    whole = upload(program("admin", "imports", "customers"), data)
    assert whole.json["preview"]["rows"][0]["outcome"] == "new"
    refused = program("admin", "imports")("POST", whole.headers["Location"] + "/apply", json={})
    assert refused.status_code == 403


def test_long_list_is_a_job_with_a_status(app, program, session, config):
    app.config["PORTAL"] = replace(config, import_at_once_rows=2)
    data = b"MAC\n" + b"".join(b"805ec00000%02x\n" % n for n in range(5))
    call = program()
    url = upload(call, data).headers["Location"]
    queued = call("POST", f"{url}/apply", json={})
    assert (queued.status_code, queued.json["status"]) == (202, "queued")
    again = call("POST", f"{url}/apply", json={})
    assert (again.status_code, again.json["status"]) == (202, "queued")
    session.commit()
    store_import(app, queued.json["id"])
    session.expire_all()
    assert call.get(url)["status"] == "imported"
    assert call.get(url)["summary"]["new"] == 5


def test_devices_of_an_import_and_of_its_undoing_are_audited_with_the_token(program, session):
    call = program()
    url = upload(call).headers["Location"]
    call("POST", f"{url}/apply", json={})
    call("POST", f"{url}/undo")
    entries = select(AuditEntry.action, AuditEntry.via).where(AuditEntry.object_type == "device")
    assert session.execute(entries).all() == [("device.create", "test"), ("device.delete", "test")]


def test_import_is_taken_back(program, session):
    call = program()
    url = upload(call).headers["Location"]
    assert call("POST", f"{url}/undo").status_code == 422
    call("POST", f"{url}/apply", json={})
    assert call("POST", f"{url}/undo").json["deleted"] == 1
    assert call.get(url)["status"] == "taken_back"
    assert count(session, Device) == 0


def test_error_workbook_and_template_are_workbooks(program):
    call = program()
    url = upload(call).headers["Location"]
    sheet = load_workbook(io.BytesIO(call("GET", f"{url}/problems.xlsx").data)).active
    assert [cell.value for cell in sheet[1]][-1] == "Problem"
    assert call("GET", f"{url}/file").data == CSV
    template = load_workbook(io.BytesIO(call("GET", "/imports/template.xlsx").data))
    assert template.sheetnames[0] == "Devices"


def test_file_with_passwords_is_for_its_uploader_or_who_may_see_secrets(program):
    url = upload(program("operator")).headers["Location"]
    other = program("operator")
    assert other("GET", f"{url}/file").status_code == 403
    assert other("GET", f"{url}/problems.xlsx").status_code == 403
    assert program("admin", "imports")("GET", f"{url}/file").status_code == 403
    assert program("admin", "imports", "secrets")("GET", f"{url}/file").status_code == 200
    harmless = upload(program("operator"), b"MAC\n805ec0000001\n").headers["Location"]
    assert other("GET", f"{harmless}/file").status_code == 200


def test_upload_that_waits_is_discarded_by_its_uploader(program, session):
    call, other = program("operator"), program("operator")
    url = upload(call).headers["Location"]
    assert other("DELETE", url).status_code == 403
    assert call("DELETE", url).status_code == 204
    assert call("GET", url).status_code == 404
