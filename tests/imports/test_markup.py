import pytest

from portal.errors import SheetUnreadable
from portal.imports.parse import parse

HTML = """
<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><style>td { color: red }</style></head>
<body><p>Order 7</p>
<table border=1>
 <tr><th colspan=2>Stock<th>Note</tr>
 <tr><td>Model</td><td>MAC</td></tr>
 <tr><td rowspan=2>T46U</td><td>00:15:65:aa:bb:cc<td>a &amp; b
 <tr><td>00:15:65:aa:bb:cd</td></tr>
</table>"""

XML = """<?xml version="1.0" encoding="utf-8"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:x="urn:schemas-microsoft-com:office:excel"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
 <Worksheet ss:Name="Phones"><Table>
  <Row><Cell><Data ss:Type="String">Model</Data></Cell><Cell><Data ss:Type="String">MAC</Data>
  </Cell></Row>
  <Row ss:Index="4"><Cell ss:MergeAcross="1"><Data ss:Type="String">CCX</Data></Cell>
   <Cell ss:Index="4"><Data ss:Type="Number">482567310041</Data></Cell></Row>
 </Table></Worksheet>
 <Worksheet ss:Name="Old"><Table><Row><Cell><Data ss:Type="String">x</Data></Cell></Row></Table>
  <x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions></Worksheet>
</Workbook>"""


def test_an_html_table_is_read_with_its_spans():
    (sheet,) = parse("list.xls", HTML.encode())
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (1, ("Stock", "", "Note")),
        (2, ("Model", "MAC")),
        (3, ("T46U", "00:15:65:aa:bb:cc", "a & b")),
        (4, ("", "00:15:65:aa:bb:cd")),
    ]


def test_html_in_utf_16_is_read():
    assert len(parse("list.xls", HTML.encode("utf-16"))[0].rows) == 4


def test_an_xml_spreadsheet_is_read_with_its_gaps_numbers_and_hidden_sheets():
    phones, old = parse("list.xls", XML.encode())
    assert [(row.number, row.cells) for row in phones.rows] == [
        (1, ("Model", "MAC")),
        (4, ("CCX", "", "", 482567310041)),
    ]
    assert (phones.name, phones.hidden, old.name, old.hidden) == ("Phones", False, "Old", True)


def test_an_xml_spreadsheet_with_a_document_type_is_refused():
    bomb = XML.replace(
        "<Workbook", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Workbook', 1
    ).replace(">CCX<", ">&b;<")
    with pytest.raises(SheetUnreadable, match="declares a document type"):
        parse("list.xls", bomb.encode())


@pytest.mark.parametrize("damage", [XML[:600], XML.replace('ss:Index="4"', 'ss:Index="9999999"')])
def test_a_damaged_xml_spreadsheet_is_refused(damage):
    with pytest.raises(SheetUnreadable, match="incomplete or damaged"):
        parse("list.xls", damage.encode())
