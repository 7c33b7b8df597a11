//! What is told within a clause: dates in words, plates beside a car, codes that were typed, answers that prove who one
//! is, names in the middle of a sentence; and what only looks like these.

use super::check;

#[test]
fn masks_birth_dates_in_words() {
    check("Born the third of November nineteen seventy-two", "Born the [BIRTHDATE_1]");
    check("geboren am zwölften März neunzehnhunderteinundsechzig", "geboren am [BIRTHDATE_1]");
    check("nací el tres de mayo del ochenta y cuatro", "nací el [BIRTHDATE_1]");
    check("né le trois mai 1984", "né le [BIRTHDATE_1]");
    check("sono nata il quattro luglio millenovecentosessantasei", "sono nata il [BIRTHDATE_1]");
    check("nasci em dezenove de fevereiro de mil novecentos e noventa", "nasci em [BIRTHDATE_1]");
    check("doğumum on dokuz mayıs bin dokuz yüz yetmiş dört", "doğumum [BIRTHDATE_1]");
    check("saya lahir tujuh belas Januari seribu sembilan ratus delapan puluh", "saya lahir [BIRTHDATE_1]");
    check("生まれは昭和五十三年九月十一日です", "生まれは[BIRTHDATE_1]です");
    check("我一九八四年五月三日出生", "我[BIRTHDATE_1]出生");
    for text in ["my birthday is in may", "born to run on a march day", "父の生年月日を変えたい", "nasci aqui, quanto tempo demora?"]
    {
        check(text, text);
    }
}

#[test]
fn masks_plates_beside_a_car_by_their_form() {
    check("someone in a grey van, LK19 TZO, took my bay", "someone in a grey van, [PLATE_1], took my bay");
    check("ein Auto mit HB-QX 4417 steht da", "ein Auto mit [PLATE_1] steht da");
    check("el coche, 4471 LKD, no es mío", "el coche, [PLATE_1], no es mío");
    check("la voiture GA-117-XN", "la voiture [PLATE_1]");
    check("troquei de carro, agora é QRM4H27", "troquei de carro, agora é [PLATE_1]");
    check("차 바꿔서 정기권 37허9116로", "차 바꿔서 정기권 [PLATE_1]로");
    check("제 차는 182나 5504입니다", "제 차는 [PLATE_1]입니다");
    for text in
        ["my car is a VW 2019", "the car seat AB-12 is broken", "lemari 80 x 40 x 180 cm muat di mobil", "order AB12 CDE for my car"]
    {
        check(text, text);
    }
}

#[test]
fn masks_codes_that_were_typed_and_answers() {
    check("I typed 482193 like you said", "I typed [SECRET_1] like you said");
    check("hab die 773041 eingetippt", "hab die [SECRET_1] eingetippt");
    check("我输了603951，还是提示验证码错误", "我输了[SECRET_1]，还是提示验证码错误");
    check("digitei 660218 como você falou", "digitei [SECRET_1] como você falou");
    check("my password at home is teapot-lemon-9", "my password at home is [SECRET_1]");
    check("my first pet, that was Biscuit, so unlock me", "my first pet, that was [SECRET_1], so unlock me");
    check("Sicherheitsfrage: da hab ich Waldschule Ost eingetragen", "Sicherheitsfrage: da hab ich [SECRET_1] eingetragen");
    check("密保问题我填的红星二小，不对", "密保问题我填的[SECRET_1]，不对");
    for text in ["I typed 25 words", "I entered 12345678 as my order", "I forgot my security question", "ho scritto SCONTO20"] {
        check(text, text);
    }
}

#[test]
fn masks_names_in_the_middle_of_a_sentence() {
    check("saya yang bertanda tangan, Maria Ulfah, ingin", "saya yang bertanda tangan, [NAME_1], ingin");
    check("can you tell Thomas Becker that I rang", "can you tell [NAME_1] that I rang");
    check("it is her account, Barbara, not mine", "it is her account, [NAME_1], not mine");
    check("my nephew Tobias Achterberg collects it", "my nephew [NAME_1] collects it");
    check("au lieu de Anaïs Legoffe", "au lieu de [NAME_1]");
    check("那桌是用欧阳雪晴订的", "那桌是用[NAME_1]订的");
    check("快递让我婆婆冯桂芬代收", "快递让我婆婆[NAME_1]代收");
    check("이름은 류지혜로 나와야 돼요", "이름은 [NAME_1]로 나와야 돼요");
    for text in [
        "im Laden aber 109",
        "play some Thomas Becker music",
        "instead of Friday",
        "liefern Sie nach Köln",
        "개명하면 이름은 어떻게 바꾸나요",
    ] {
        check(text, text);
    }
}
