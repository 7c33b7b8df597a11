//! What cues announce: accounts, licences, keys, codes, addresses of mail spelt out; and what only looks like these.

use super::check;

#[test]
fn masks_what_a_cue_announces() {
    check("Account No. 12345678", "Account No. [ACCOUNT_1]");
    check("Acct. no.: 12345678", "Acct. no.: [ACCOUNT_1]");
    check("Passport No. X12345678", "Passport No. [PASSPORT_1]");
    check("My driver's license is D1234567", "My driver's license is [ID_1]");
    check("driving licence MORGA657054SM9IJ", "driving licence [ID_1]");
    check("Führerschein B072RRE2I55", "Führerschein [ID_1]");
    check("permiso de conducir 12345678Z", "permiso de conducir [ID_1]");
    check("permis de conduire 123456789012", "permis de conduire [ID_1]");
    check("patente U1B23C456D", "patente [ID_1]");
    check("carta de condução L-1234567", "carta de condução [ID_1]");
    check("CNH 12345678900", "CNH [ID_1]");
    check("ehliyet no 123456", "ehliyet no [ID_1]");
    check("رخصة القيادة رقم 12345678", "رخصة القيادة رقم [ID_1]");
    check("运转 驾驶证 110105199003071234", "运转 驾驶证 [ID_1]");
    check("運転免許証番号 301234567890", "運転免許証番号 [ID_1]");
    check("운전면허 11-23-456789-01", "운전면허 [ID_1]");
    check("nomor SIM 123456789012", "nomor SIM [ID_1]");
    check("Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.abc123DEF", "Authorization: Bearer [SECRET_1]");
    check("my api key is sk_live_4eC39HqLyjWDarjtT1zdp7dc", "my api key is [SECRET_1]");
    check("token ghp_16C7e42F292c6912E7710c838347Ae178B4a", "token [SECRET_1]");
    check("the code 482913 you sent me does not work", "the code [SECRET_1] you sent me does not work");
    check("use 482913 as the code", "use [SECRET_1] as the code");
    check("482913 is my code", "[SECRET_1] is my code");
    check("TAN 482913", "TAN [SECRET_1]");
    check("OTP: 123456", "OTP: [SECRET_1]");
    check("der Code 482913 geht nicht", "der Code [SECRET_1] geht nicht");
    check("el código 482913 no funciona", "el código [SECRET_1] no funciona");
    check("le code 482913 ne marche pas", "le code [SECRET_1] ne marche pas");
    check("il codice 482913 non funziona", "il codice [SECRET_1] non funziona");
    check("o código 482913 não funciona", "o código [SECRET_1] não funciona");
    check("482913 kodu çalışmıyor", "[SECRET_1] kodu çalışmıyor");
    check("kode 482913 tidak bisa", "kode [SECRET_1] tidak bisa");
    check("الكود 482913 لا يعمل", "الكود [SECRET_1] لا يعمل");
    check("コード482913が使えません", "コード[SECRET_1]が使えません");
    check("验证码482913不行", "验证码[SECRET_1]不行");
    check("인증번호 482913 안돼요", "인증번호 [SECRET_1] 안돼요");
    check("orla (at) example (dot) com", "[EMAIL_1]");
    check("orla.quinn [at] example.com", "[EMAIL_1]");
    check("orla arroba ejemplo punto es", "[EMAIL_1]");
    check("orla punto perez arroba gmail punto com", "[EMAIL_1]");
    check("max punkt muster at example punkt de", "[EMAIL_1]");
    check("jean arobase exemple point fr", "[EMAIL_1]");
    check("mario chiocciola esempio punto it", "[EMAIL_1]");
    check("joao arroba exemplo ponto com ponto br", "[EMAIL_1]");
    check("password: sunshine", "password: [SECRET_1]");
    check("my password is hunter2 and it fails", "my password is [SECRET_1] and it fails");
    check("call me 0170/1234567", "call me [PHONE_1]");
    check("+1 (415) 555-2671", "[PHONE_1]");
    check("my IP is 10.0.0.1", "my IP is [IP_1]");
    check("call 555-1234 now", "call [PHONE_1] now");
}

#[test]
fn leaves_dates_versions_orders_and_measures() {
    for text in [
        "2025-12-31 18:00",
        "01/15/2024 12:30",
        "hosted-eu-20260812-09",
        "0.000123456789012",
        "2 x 1200 1300 1400 mm",
        "firmware 1.84.1.0",
        "version 1.2.3.4",
        "update v2.14.0.1 broke it",
        "error code 482913",
        "zip code 90210",
        "promo code 12345678",
        "order 550e8400-e29b-41d4-a716-446655440000",
        "ISBN 978-3-16-148410-0",
        "tracking 1Z999AA10123456784",
        "between 9:00-17:30",
        "RMA 2024-000123",
        "invoice no. 2024/00123456",
        "Sipariş 12345678 nerede",
        "postcode 10115",
        "cost 12,500.00 or 1.299,00",
        "5 000 000",
        "model WH-1000XM4",
        "sku 123-456-7890",
        "pink 500 edition",
        "tan shoes size 45",
        "my pins are lost",
        "look at amazon dot com",
        "I bought at shop dot example and was at home",
        "meet me at the shop",
        "El plazo es 15 días",
        "code E102 on screen",
        "What is the password reset link?",
        "I forgot my password: help",
        "password incorrect",
        "order no. 4829137465",
        "Bestellung Nr. 12345678 fehlt",
        "pedido 0012345678",
        "commande 202601150042",
        "ordine 99887766",
        "encomenda 12345678",
        "sipariş no 12345678",
        "رقم الطلب 12345678",
        "注文番号 12345678",
        "订单号20260304123456789",
        "주문번호 12345678",
        "pesanan 12345678",
        "from 9:00 to 17:30 on 2026-03-04",
        "12.03.2026 14:05",
        "価格は12,800円です",
        "precio 1.299,00 €",
        "5 x 100 200 300 mm",
        "Version 10.0.19045.3803",
        "バージョン 1.2.3.4",
        "版本 1.2.3.4",
        "sürüm 1.2.3.4",
        "Gutscheincode 12345678",
        "código postal 28013",
        "PLZ 10115",
        "郵便番号 100-0001",
        "邮编 100000",
        "Fehlercode 482913",
    ] {
        check(text, text);
    }
}

#[test]
fn masks_numbers_and_codes_as_people_write_them() {
    check("My car reg is AB12 CDE", "My car reg is [PLATE_1]");
    check("Kennzeichen M-AB 1234", "Kennzeichen [PLATE_1]");
    check("IBAN: GB82 WEST 1234 5698 7654 32", "IBAN: [IBAN_1]");
    check("sort code 12-34-56 account 12345678", "sort code [ACCOUNT_1] account [ACCOUNT_2]");
    check("DOB 01/02/1990", "DOB [BIRTHDATE_1]");
    check("born 12 March 1985", "born [BIRTHDATE_1]");
    check("My SSN is 078-05-1120", "My SSN is [SSN_1]");
    check("NIE X1234567L", "NIE [ID_1]");
    check("mon numéro de sécu 255081416802538", "mon numéro de sécu [ID_1]");
    check("call me on 07700 900123", "call me on [PHONE_1]");
    check("mein Handy 0151 23456789", "mein Handy [PHONE_1]");
    check("llámame al 612 345 678", "llámame al [PHONE_1]");
    check("mon portable 06 12 34 56 78", "mon portable [PHONE_1]");
    check("cellulare 347 1234567", "cellulare [PHONE_1]");
    check("telemóvel 912 345 678", "telemóvel [PHONE_1]");
    check("(11) 98765-4321", "[PHONE_1]");
    check("0532 123 45 67", "[PHONE_1]");
    check("0812-3456-7890", "[PHONE_1]");
    check("055 123 4567 رقمي", "[PHONE_1] رقمي");
    check("٠٥٠١٢٣٤٥٦٧", "[PHONE_1]");
    check("090-1234-5678", "[PHONE_1]");
    check("010-1234-5678", "[PHONE_1]");
    check("138 0013 8000", "[PHONE_1]");
    check("Mein Passwort lautet Sommer2024!", "Mein Passwort lautet [SECRET_1]");
    check("contraseña: Verano#22", "contraseña: [SECRET_1]");
    check("my otp is 9912", "my otp is [SECRET_1]");
    check("PIN-Code 4821", "PIN-Code [SECRET_1]");
    check("senha: abc12345", "senha: [SECRET_1]");
    check("パスワードはabc123です", "パスワードは[SECRET_1]です");
    check("비밀번호는 qwer1234 입니다", "비밀번호는 [SECRET_1] 입니다");
    check("كلمة المرور Pass1234", "كلمة المرور [SECRET_1]");
    check("kata sandi saya: rahasia99", "kata sandi saya: [SECRET_1]");
    check("Ma clé API : AKIAIOSFODNN7EXAMPLE", "Ma clé API : [SECRET_1]");
    check("email: orla.quinn@example.co.uk or orla_q@example.com", "email: [EMAIL_1] or [EMAIL_2]");
    check("orla@example dot com", "[EMAIL_1]");
    check("orla dot quinn at example dot co dot uk", "[EMAIL_1]");
    check("write me: pepe (arroba) correo (punto) es", "write me: [EMAIL_1]");
    check("メールは tanaka アットマーク example ドット jp", "メールは [EMAIL_1]");
    check("SIM card 8944500102198304826", "SIM card [CARD_1]");
    check("الكود هو 482913", "الكود هو [SECRET_1]");
    check("your code 4471 did not arrive", "your code [SECRET_1] did not arrive");
    check("Der Code lautet 771203", "Der Code lautet [SECRET_1]");
    check("驾驶证号 310101198001011234", "驾驶证号 [ID_1]");
    check("driver license number: F255-9215-0094", "driver license number: [ID_1]");
    check("Führerscheinnummer: J010000SD51", "Führerscheinnummer: [ID_1]");
    check("numéro de permis 12AA34567", "numéro de permis [ID_1]");
    check("patente di guida AB1234567C", "patente di guida [ID_1]");
    check("carta de condução nº P-123456 7", "carta de condução nº [ID_1]");
}
