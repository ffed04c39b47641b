"""What goes into the imports of the API and what comes out."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import fields

from portal.api.fields import Flag, Named, Number, Shape, Text, Texts, one_of, told
from portal.api.shapes import PageQuery
from portal.imports.plan import OUTCOMES


class ImportForm(Shape):
    """The options are those of `portal import`."""

    file = Upload(
        required=True,
        error_messages={"required": "Send the list as the file “file” of a multipart form"},
        metadata=told("xlsx, xlsm, xls, xlsb, ods, fods, csv, HTML, XML or text; by its content"),
    )
    sheet = Texts(load_default=list, metadata=told("Read these sheets only"))
    map = Texts(load_default=list, metadata=told("COLUMN=FIELD: what a column is"))
    mapping = Text(load_default="", metadata=told("Columns as saved under this name"))
    customer = Text(load_default="", metadata=told("Customer of rows that name none"))
    profile = Text(load_default="", metadata=told("Profile of rows that name none"))
    accept = Texts(load_default=list, metadata=told("Kinds of suggestions to take, or “all”"))
    all_or_nothing = Flag(
        load_default=False, metadata=told("Import nothing while any row is held back")
    )


class ImportRow(Shape):
    sheet = Text()
    row = Number(metadata=told("As the spreadsheet program shows it"))
    mac = Text(allow_none=True)
    outcome = Text(validate=one_of(*OUTCOMES))
    problem = Text(allow_none=True)
    warnings = Texts()
    suggestions = Texts()
    changes = Named(metadata=told("Field: [old, new]"))


class LeftOut(Shape):
    sheet = Text()
    row = Number()
    text = Text()
    why = Text()


class Preview(Shape):
    """Exactly what `portal import --dry-run --json` prints."""

    file_error = Text(allow_none=True)
    questions = Texts()
    summary = Named(metadata=told("Outcome: how many rows"))
    rows = fields.List(fields.Nested(ImportRow))
    left_out = fields.List(fields.Nested(LeftOut))


class Import(Shape):
    id = Number()
    filename = Text()
    sha256 = Text()
    list = Text(metadata=told("What it is a list of: devices here, others on pages of their own"))
    status = Text(
        validate=one_of("waiting", "queued", "storing", "imported", "failed", "taken_back")
    )
    failure = Text(metadata=told("Why nothing of it is stored, in a sentence"))
    uploaded_at = fields.AwareDateTime()
    uploaded_by = Text()
    applied_at = fields.AwareDateTime(allow_none=True)
    applied_by = Text()
    all_or_nothing = Flag()
    summary = Named(allow_none=True, metadata=told("Outcome: how many rows; null until imported"))
    progress = Named(allow_none=True, metadata=told("Rows that are stored, of how many"))
    undone = Named(allow_none=True, metadata=told("What taking it back did"))


class NewImport(Import):
    digest = Text(metadata=told("Stands for this preview; send it along to import just this"))
    preview = fields.Nested(Preview)


class ImportPage(Shape):
    items = fields.List(fields.Nested(Import))
    total = Number()
    next = Text(allow_none=True)


class RowQuery(PageQuery):
    outcome = Text(load_default="", validate=one_of("", *OUTCOMES[:-1]))


class RowPage(Shape):
    items = fields.List(fields.Nested(ImportRow))
    total = Number()
    next = Text(allow_none=True)


class Application(Shape):
    digest = Text(metadata=told("Of the preview that was seen; another one is refused with 409"))


class Undone(Shape):
    at = Text()
    by = Text()
    deleted = Number()
    restored = Number()
    accounts = Number()
    customers = Number()
    kept = fields.List(Named(), metadata=told("Devices that were left, and why"))
