import pytest

from portal.imports.layouts import begins_with, field_named, meaning_of


@pytest.mark.parametrize(
    ("field", "headers"),
    [
        ("mac", "MAC|mac|MAC ID|MAC-ID|MAC Address|MAC_Address|hwaddr|Physical address|LAN MAC|"
                "MAC (LAN)|MAC\nAddress|MAC-Adresse|Hardware-Adresse|Adresse MAC|Adresse physique|"
                "Dirección MAC|Indirizzo MAC|MAC地址|物理地址|MAC1|MAC address of the phone"),
        ("model", "Model|Modell|Modèle|Modelo|Modello|型号|Type|Typ|Gerät|Device|Phone type"),
        ("vendor", "Vendor|Manufacturer|Hersteller|Fabricant|Marca|厂商"),
        ("serial", "Serial|SN|S/N|Serial no.|Serial number (S/N)|Seriennr.|Seriennummer|"
                   "N° de série|Número de serie|Numero di serie|Matricola|序列号"),
        ("redirect_pin", "PIN|Redirect PIN|redirect_pin"),
        ("inventory_id", "Inventory ID|Asset tag|Inventarnummer|资产编号"),
        ("description", "Description|Location|Bemerkung|Standort|Commentaire|Ubicación|备注|Room"),
        ("customer", "Customer|Kunde|Client|Cliente|Azienda|客户"),
        ("profile", "Profile|Profil|Perfil|Profilo"),
        ("name", "Name|User|Nutzer|Benutzer|Utilisateur|Nom|Usuario|Utente|姓名"),
        ("extension", "Extension|Ext.|Durchwahl|Nebenstelle|Numéro|Extensión|Interno|分机号"),
        ("user_name", "SIP user|SIP-Konto|User name|Username|SIP account|Identifiant|账号"),
        ("password", "Password|SIP secret|Passwort|Mot de passe|Contraseña|密码"),
        ("port 3 account", "port 3 account|Port 3|Line 3|Line3 user name|FXS3|Account 3|Konto 3"),
        ("port 2 label", "port 2 label|Line 2 label|Label 2"),
        ("port 1 password", "port 1 password|Password 1|Line 1 SIP password"),
        ("other", "WLAN MAC|MAC (WiFi)|Wi-Fi MAC address|Bluetooth MAC|BT MAC|无线MAC地址|UPC|EAN|"
                  "IMEI|IP address|Direct number|Line|Pos."),
    ],
)  # fmt: skip
def test_header_words_of_six_languages_have_their_meaning(field, headers):
    found = {header: meaning_of(header) for header in headers.split("|")}
    assert {
        header: meaning and meaning.field for header, meaning in found.items()
    } == dict.fromkeys(headers.split("|"), field)


@pytest.mark.parametrize("header", ["", "Büro", "T46U", "Delivery note 2026-3311", "x" * 200])
def test_other_texts_mean_nothing(header):
    assert meaning_of(header) is None


@pytest.mark.parametrize("header", ["Ethernet", "Device Name", "Address"])
def test_some_headers_are_an_address_only_by_their_content(header):
    assert meaning_of(header).field == "sometimes_mac"


def test_the_wired_address_ranks_first():
    ranks = {h: meaning_of(h).rank for h in ("LAN MAC", "MAC address", "WAN MAC", "MAC 2")}
    assert ranks == {"LAN MAC": 2, "MAC address": 1, "WAN MAC": 0, "MAC 2": 0}


@pytest.mark.parametrize(
    ("told", "field"),
    [("MAC", "mac"), ("Inventory ID", "inventory_id"), (" Port 3  Account ", "port 3 account")],
)
def test_a_field_is_named_as_people_write(told, field):
    assert field_named(told) == field


@pytest.mark.parametrize("told", ["colour", "port 0 account", "port 999 label", "other", ""])
def test_an_unknown_field_is_refused(told):
    with pytest.raises(ValueError, match="is no field; there are"):
        field_named(told)


@pytest.mark.parametrize(
    ("kind", "text", "answer"),
    [
        ("total", "Sum", True),
        ("total", "TOTAL: 8", True),
        ("total", "Zwischensumme", True),
        ("total", "合计", True),
        ("total", "Sample Networks", False),
        ("carton", "Carton 3 of 12", True),
        ("carton", "Karton3", True),
        ("page", "Page 1 of 3", True),
        ("page", "", False),
    ],
)
def test_words_of_totals_cartons_and_pages_are_known(kind, text, answer):
    assert begins_with(kind, text) is answer
