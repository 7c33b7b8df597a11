"""Makes the inputs of this folder that are not UTF-8 text, beside itself.

    pip install openpyxl odfpy python-docx pypdf cryptography reportlab pillow
    python make.py

Zip times are fixed; the office files and PDFs differ from run to run in their dates alone.
"""
import io
import json
import re
import struct
import zipfile
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def put(name, data):
    (HERE / name).write_bytes(data)


def pack(name, files, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(HERE / name, "w", method) as z:
        for path, data in files:
            z.writestr(zipfile.ZipInfo(path, (2026, 3, 2, 9, 0, 0)), data, compress_type=method)


def table(rows, sep, eol="\r\n"):
    def cell(c):
        return '"' + c.replace('"', '""') + '"' if any(x in c for x in (sep, '"', "\n")) else c
    return "".join(sep.join(map(cell, row)) + eol for row in rows)


def png(width=48, height=32):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + bytes((x * 5 + y * 3) % 256 for x in range(width)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


# ---- tables in the encodings of their countries ------------------------------------------------

ENCODED = {
    "enc-de-windows1252.csv": ("cp1252", ";", [
        ("Frage", "Antwort", "Kategorie"),
        ("Wie kündige ich mein Abo?", "Schriftlich oder im Kundenbereich unter „Verträge“ – bis zum 15. eines Monats.", "Verträge"),
        ("Können Sie früher liefern?", "Ja, gegen einen Aufpreis von 9,90 €; bitte rufen Sie dafür an.", "Lieferung"),
        ("Woran erkenne ich die Größe?", "Am Schild innen: die größere Zahl ist die Länge in Zentimetern.", "Maße"),
        ("Gibt es das Gerät auch in Grün?", "Zurzeit nur in Weiß und Weinrot.", "Geräte")]),
    "enc-fr-sep-windows1252.csv": ("cp1252", ";", [
        ("sep=",),
        ("Question", "Réponse"),
        ("Où puis-je garer mon vélo ?", "Dans la cour, derrière l’entrée ; un cadenas est prêté à l’accueil."),
        ("Le goûter est-il compris ?", "Oui, à 16 heures, même pour les élèves du mercredi."),
        ("Que dois-je apporter à la première leçon ?", "Des chaussures légères et un cœur à l’ouvrage."),
        ("À quel âge peut-on commencer ?", "Dès six ans ; les plus âgés sont bienvenus.")]),
    "enc-tr-iso8859-9.csv": ("iso8859-9", ";", [
        ("Soru", "Cevap"),
        ("Siparişimi nasıl iptal ederim?", "Hesabım sayfasını açın, siparişi seçin ve İptal düğmesine basın."),
        ("Kargo ücreti ne kadar?", "Beş yüz liranın üzerindeki alışverişlerde ücretsiz, altında kırk dokuz lira."),
        ("Değişim yapabilir miyim?", "Evet, on dört gün içinde, ürün kullanılmamışsa değiştiriyoruz."),
        ("Mağazanız pazar günleri açık mı?", "Pazar günleri öğleden sonra saat on ikiden altıya kadar açığız."),
        ("Fatura adresimi nasıl değiştiririm?", "Sipariş gönderilmeden önce bize yazın, adresi biz değiştirelim.")]),
    "enc-ja-shiftjis.csv": ("cp932", ",", [
        ("質問", "回答"),
        ("返品はできますか？", "商品到着後、十四日以内でしたら、未使用の商品に限り返品を承ります。"),
        ("送料はいくらですか？", "全国一律六百円です。五千円以上のご注文は無料になります。"),
        ("領収書を発行してもらえますか？", "マイページの「注文履歴」から、ご自身で印刷していただけます。"),
        ("配達の時間を指定できますか？", "はい、ご注文の際に、午前中または夕方をお選びください。"),
        ("店舗はどこにありますか？", "駅の北口から歩いて三分、郵便局のとなりです。")]),
    "enc-ko-euckr.csv": ("euc-kr", ",", [
        ("질문", "답변"),
        ("비밀번호를 잊어버렸어요. 어떻게 하나요?", "로그인 화면에서 비밀번호 찾기를 누르고 전자우편 주소를 입력해 주세요."),
        ("배송은 얼마나 걸리나요?", "보통 이틀 안에 도착하며, 섬 지역은 하루가 더 걸립니다."),
        ("주문을 취소할 수 있나요?", "발송 전이라면 주문 내역에서 바로 취소하실 수 있습니다."),
        ("매장에서 직접 받을 수 있나요?", "네, 주문하고 두 시간 뒤부터 가까운 매장에서 받으실 수 있습니다."),
        ("선물 포장이 되나요?", "네, 삼천 원을 더 내시면 예쁘게 포장해 드립니다.")]),
    "enc-zh-gbk.csv": ("gbk", ",", [
        ("问题", "答案", "分类"),
        ("怎么修改收货地址？", "发货之前，可以在订单页面点击“修改地址”，发货之后请联系客服。", "订单"),
        ("多久能收到退款？", "我们收到商品以后，三到五个工作日内退回原来的支付方式。", "退款"),
        ("可以开发票吗？", "可以，请在下单时填写公司名称和税号，发票会发到您的邮箱。", "发票"),
        ("你们周末上班吗？", "周六上午九点到下午五点有人值班，周日休息。", "客服"),
        ("商品坏了怎么办？", "请拍照发给我们，一年之内免费维修或者更换。", "售后")]),
    "enc-zh-big5.csv": ("big5", ",", [
        ("問題", "答案"),
        ("我可以在門市取貨嗎？", "可以，訂單完成後兩天內會送到您選擇的門市，請帶身分證明。"),
        ("運費怎麼計算？", "滿一千元免運費，未滿則酌收八十元，離島地區另計。"),
        ("如何取消訂閱電子報？", "請點選信件最下方的「取消訂閱」，隔天就會生效。"),
        ("商品有保固嗎？", "所有電器都有兩年保固，請保留購買證明。"),
        ("可以分期付款嗎？", "可以，使用合作銀行的信用卡，最多可以分十二期。")]),
    "enc-utf16le-excel.txt": ("utf-16-le", "\t", [
        ("Question", "Answer", "Områden"),
        ("Can I get a quote for forty chairs?", "Yes; tell us the hall and the day, and we write back on the same day.", "Hire"),
        ("Who carries them upstairs?", "We do, if there are no more than two floors.\nFor more, ask.", "Service"),
        ("What if one breaks?", "Wear is ours, a broken leg is 18 € – “accidents” included.", "Damage")]),
    "enc-utf16be.csv": ("utf-16-be", ",", [
        ("question", "answer"),
        ("Comment changer d’adresse ?", "Dans votre espace, rubrique « Mes données », puis « Modifier »."),
        ("Livrez-vous en Corse ?", "Oui, en trois jours, sans supplément."),
        ("Puis-je payer par chèque ?", "Non, par carte ou par virement.")]),
}


def encoded():
    for name, (enc, sep, rows) in ENCODED.items():
        bom = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(enc, b"")
        text = table(rows, sep).replace('"sep="', "sep=")
        put(name, bom + text.replace("sep=\r\n", "sep=" + sep + "\r\n").encode(enc))


# ---- spreadsheets ------------------------------------------------------------------------------

def xlsx():
    from openpyxl import Workbook
    from openpyxl.styles import Font
    import datetime

    def book(name, *sheets):
        wb = Workbook()
        wb.remove(wb.active)
        for title, rows in sheets:
            ws = wb.create_sheet(title)
            for row in rows:
                ws.append(row)
            if ws.max_row:
                for c in ws[1]:
                    c.font = Font(bold=True)
        wb.save(HERE / name)

    book("xlsx-plain.xlsx", ("FAQ", [
        ["Nr", "Question", "Answer", "Category", "Updated"],
        [1, "How do I change the filter?", "Turn the lid to the left.\nTake the old filter out.\nPush the new one in until it clicks.", "Care", datetime.date(2026, 2, 3)],
        [2, "How much water does it hold?", 1.7, "Data", datetime.date(2026, 2, 3)],
        [3, "Is it safe for fish?", "Yes — rinse it well before the first use & after each filter.", "Care", None],
        [None, None, None, None, None],
        [4, "Can I turn it off at night?", "Better not: the fish need the air.", "Care", datetime.date(2026, 3, 1)]]))
    book("xlsx-two-sheets.xlsx",
         ("Delivery", [["Question", "Answer"], ["Do you deliver to a locker?", "To all lockers of Parcel Owl."], ["Can a neighbour take it?", "If you name them beforehand."]]),
         ("Payment", [["Answer", "Question"], ["By card, by invoice, or at the door.", "How can I pay?"]]),
         ("To do", [["Who", "By when"], ["Mona", "Friday"], ["Idris", "Monday"]]))
    book("xlsx-title-row.xlsx", ("Tabelle1", [
        ["Lindenhof – FAQ for the website, spring 2026"], [],
        ["Question", "Answer"],
        ["Can we bring our horse?", "Yes, there are four boxes, 15 a night with hay."],
        ["Is there a village shop?", "Two kilometres away; milk and eggs are sold in the yard."],
        ["When can we arrive?", "From 15 o'clock, earlier if the flat is free."]]))
    book("xlsx-export-0.xlsx", ("FAQ", [["Question", "Answer", "Tags"]]))

    # written by hand: formula cells with their last values, as Excel saves them, and its _x000D_
    rows = [
        '<c r="A1" t="inlineStr"><is><t>Question</t></is></c><c r="B1" t="inlineStr"><is><t>Answer</t></is></c>',
        '<c r="A2" t="inlineStr"><is><t>Where is the price list?</t></is></c><c r="B2" t="str"><f>HYPERLINK("https://www.example.com/prices","Price list 2026")</f><v>Price list 2026</v></c>',
        '<c r="A3" t="inlineStr"><is><t>How heavy may a parcel be?</t></is></c><c r="B3" t="str"><f>"Up to "&amp;D3&amp;" kg."</f><v>Up to 31 kg.</v></c><c r="D3"><v>31</v></c>',
        '<c r="A4" t="inlineStr"><is><r><rPr><b/></rPr><t xml:space="preserve">Who signs </t></r><r><t>for it?</t></r></is></c><c r="B4" t="inlineStr"><is><t xml:space="preserve">Whoever opens the door._x000D_\nOr the neighbour.</t></is></c>',
    ]
    sheet = "".join(f'<row r="{i}">{c}</row>' for i, c in enumerate(rows, 1))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    pack("xlsx-formulas.xlsx", [
        ("[Content_Types].xml", head + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'),
        ("_rels/.rels", head + f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>'),
        ("xl/workbook.xml", head + f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="FAQ" sheetId="1" r:id="rId1"/></sheets></workbook>'),
        ("xl/_rels/workbook.xml.rels", head + f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'),
        ("xl/worksheets/sheet1.xml", head + f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>'),
    ])


def ods():
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P
    doc = OpenDocumentSpreadsheet()
    t = Table(name="Fragen")
    for row in [
        ("Antwort", "Frage", "Stichworte"),
        ("Am Eingang Süd, an der Kasse 3.\nBringen Sie den Ausweis mit.", "Wo hole ich die Jahreskarte ab?", "Karten"),
        ("Ja, an der Leine, außer im Tropenhaus.", "Sind Hunde erlaubt?", "Besuch"),
        ("Um 11 und um 15 Uhr.", "Wann werden die Otter gefüttert?", "Tiere"),
    ]:
        r = TableRow()
        for text in row:
            c = TableCell(valuetype="string")
            for line in text.split("\n"):
                c.addElement(P(text=line))
            r.addElement(c)
        t.addElement(r)
    doc.spreadsheet.addElement(t)
    doc.save(str(HERE / "ods-plain.ods"))


# ---- text documents ----------------------------------------------------------------------------

def docx():
    from docx import Document
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    def slim(doc, name):
        """Saves without what the template brings along: thumbnail, table styles, old style sheet."""
        styles = doc.styles.element
        for e in list(styles):
            if e.tag == qn("w:latentStyles") or e.get(qn("w:type")) == "table":
                styles.remove(e)
        buf = io.BytesIO()
        doc.save(buf)
        drop = ("thumbnail", "stylesWithEffects", "customXml")
        with zipfile.ZipFile(buf) as z:
            files = [(n, z.read(n)) for n in z.namelist() if not any(x in n for x in drop)]
        files = [(n, re.sub(rb'<(Relationship|Override) [^>]*(thumbnail|stylesWithEffects|customXml)[^>]*/>', b"", data) if n.endswith((".rels", "[Content_Types].xml")) else data) for n, data in files]
        pack(name, files)

    def link(par, text, url):
        h = OxmlElement("w:hyperlink")
        h.set(qn("r:id"), par.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        run, t = OxmlElement("w:r"), OxmlElement("w:t")
        t.text = text
        run.append(t)
        h.append(run)
        par._p.append(h)

    d = Document()
    d.add_heading("Questions of our passengers", 0)
    d.add_heading("Tickets", 1)
    d.add_heading("Can I change my ticket?", 2)
    p = d.add_paragraph("Yes, ")
    p.add_run("twice").bold = True
    p.add_run(" and free of charge, on the ")
    link(p, "ticket page", "https://www.example.com/tickets")
    p.add_run(".")
    d.add_heading("Do children pay?", 2)
    t = d.add_table(rows=1, cols=2)
    t.rows[0].cells[0].text, t.rows[0].cells[1].text = "Age", "Price"
    for a, b in (("under 4", "free"), ("4 to 14", "half")):
        c = t.add_row().cells
        c[0].text, c[1].text = a, b
    d.add_heading("Luggage", 1)
    d.add_heading("What may I bring?", 2)
    d.add_paragraph("With each ticket:")
    d.add_paragraph("one suitcase", style="List Bullet")
    d.add_paragraph("one bag & a coat", style="List Bullet")
    slim(d, "docx-passengers.docx")

    d = Document()
    d.add_heading("Closing the pool for winter", 0)
    d.add_paragraph("Do it before the first frost; allow half a day.")
    d.add_heading("What you need", 1)
    d.add_paragraph("a brush", style="List Bullet")
    d.add_paragraph("the grey cover", style="List Bullet")
    d.add_heading("Steps", 1)
    d.add_paragraph("Clean the walls.", style="List Number")
    d.add_paragraph("Lower the water to the second line.", style="List Number")
    slim(d, "docx-single-article.docx")

    d = Document()
    d.add_paragraph("Answers for the counter, please keep up to date.")
    t = d.add_table(rows=1, cols=2)
    t.rows[0].cells[0].text, t.rows[0].cells[1].text = "Question", "Answer"
    for q, a in (("Do you cut keys while I wait?", "Most of them, in ten minutes."), ("Can you open a safe?", "With proof that it is yours."), ("Do you sharpen scissors?", "On Thursdays.")):
        c = t.add_row().cells
        c[0].text, c[1].text = q, a
    slim(d, "docx-table.docx")


# ---- archives ----------------------------------------------------------------------------------

def archives():
    pack("zip-markdown.zip", [
        ("help/", ""),
        ("help/.DS_Store", b"\0\0\0\1Bud1" + b"\0" * 40),
        ("__MACOSX/help/._move.md", b"\0\5\x16\7\0\2\0\0Mac OS X" + b"\0" * 30),
        ("help/move.md", "---\ntitle: I am moving. What about my line?\ntags: [moving]\n---\n\nTell us **four weeks** before:\n\n1. Open *My line*.\n2. Press [Move](https://my.example.com/move).\n"),
        ("help/fehler/störung.md", "# Was tun bei einer Störung?\n\nStecker ziehen, eine Minute warten, wieder einstecken.\n"),
        ("help/speed.md", "# How fast is my line?\n\nMeasure it by cable, not by wifi.\n"),
        ("help/img/router.png", png()),
    ])
    intent = lambda name, speech, **k: json.dumps({"id": "00000000-0000-4000-8000-" + format(zlib.crc32(name.encode()), "012x"), "name": name, "auto": True, "contexts": [], "responses": [{"resetContexts": False, "action": "", "affectedContexts": [], "parameters": [], "messages": [{"type": "0", "title": "", "textToSpeech": "", "lang": "en", "speech": speech, "condition": ""}], "speech": []}], "priority": 500000, "webhookUsed": False, "webhookForSlotFilling": False, "fallbackIntent": False, "events": [], "conditionalResponses": [], "condition": "", "conditionalFollowupEvents": [], **k}, indent=2)
    says = lambda *phrases: json.dumps([{"id": format(zlib.crc32(str(p).encode()), "08x"), "data": [{"text": x, "userDefined": False} if isinstance(x, str) else {"text": x[0], "alias": x[1], "meta": "@sys." + x[1], "userDefined": True} for x in p], "isTemplate": False, "count": 0, "lang": "en", "updated": 0} for p in phrases], indent=2)
    pack("dialogflow-es.zip", [
        ("agent.json", json.dumps({"description": "", "language": "en", "shortDescription": "", "examples": "", "linkToDocs": "", "displayName": "Lido", "disableInteractionLogs": False, "defaultTimezone": "Europe/Paris", "isPrivate": True, "mlMinConfidence": 0.3, "supportedLanguages": [], "enableOnePlatformApi": True})),
        ("package.json", '{\n  "version": "1.0.0"\n}'),
        ("intents/Default Fallback Intent.json", intent("Default Fallback Intent", ["I didn't get that. Can you say it again?"], fallbackIntent=True)),
        ("intents/faq.lockers.json", intent("faq.lockers", ["A locker takes a coin of 1, which you get back."])),
        ("intents/faq.lockers_usersays_en.json", says(["Are there lockers?"], ["where do I put my bag"])),
        ("intents/faq.water.json", intent("faq.water", ["24 degrees from May to September.", "In season 24 degrees."])),
        ("intents/faq.water_usersays_en.json", says(["How warm is the water?"], ["is it cold ", ("today", "date")], ["water temperature"])),
    ])
    pack("zip-slip.zip", [("faq/open.md", "# When do you open?\n\nAt ten.\n"), ("../../outside.md", "# Where am I?\n\nOutside.\n")])
    pack("zip-gallery.zip", [("one.png", png()), ("two.png", png(40, 40))])
    put("zip-half.zip", (HERE / "zip-markdown.zip").read_bytes()[:700])


# ---- what is refused ---------------------------------------------------------------------------

def refused():
    from PIL import Image, ImageDraw
    from pypdf import PdfReader, PdfWriter
    from reportlab.lib.pagesizes import A5
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen import canvas
    put("photo-named.csv", png())
    put("setup-named.csv", b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8" + b"\0" * 43 + b"\x80\0\0\0" + b"\x0e\x1f\xba\x0e\0\xb4\t\xcd!\xb8\1L\xcd!" + b"\0" * 40
        + b"PE\0\0d\x86\3\0" + bytes((i * 73 + i // 7) % 256 for i in range(1500)))
    buf = io.BytesIO()
    c = canvas.Canvas(buf, pagesize=A5)
    c.drawString(60, 500, "How do I reach the caretaker?")
    c.drawString(60, 480, "By telephone, from eight to ten.")
    c.save()
    w = PdfWriter(clone_from=PdfReader(io.BytesIO(buf.getvalue())))
    w.encrypt("a-password-nobody-told", algorithm="AES-256")
    out = io.BytesIO()
    w.write(out)
    put("pdf-locked.pdf", out.getvalue())
    img = Image.new("1", (420, 595), 1)
    ImageDraw.Draw(img).multiline_text((40, 60), "How do I reach the caretaker?\nBy telephone, from eight to ten.", fill=0)
    c = canvas.Canvas(HERE.joinpath("pdf-paper.pdf").as_posix(), pagesize=A5)
    c.drawImage(ImageReader(img), 0, 0, *A5)
    c.save()


if __name__ == "__main__":
    encoded(), xlsx(), ods(), docx(), archives(), refused()
