//! Words that announce what comes next, in the twelve languages. Folded: lower case, half width.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::folded::{Folded, is_cjk};

/// What a cue announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cue {
    /// Something a firm numbers: orders, invoices, parcels, articles. Not private.
    Thing,
    Phone,
    Identity,
    Passport,
    Account,
    Card,
    Birth,
    Plate,
    Secret,
}

/// So far before a number a cue still counts, in characters.
const REACH: usize = 36;

const CUES: &[(Cue, &[&str])] = &[
    (
        Cue::Thing,
        &[
            "order",
            "invoice",
            "tracking",
            "parcel",
            "ticket",
            "case",
            "serial",
            "model",
            "sku",
            "item",
            "reference",
            "booking",
            "version",
            "bestellung",
            "bestellnummer",
            "auftrag",
            "rechnung",
            "sendung",
            "artikel",
            "seriennummer",
            "pedido",
            "factura",
            "seguimiento",
            "commande",
            "facture",
            "colis",
            "suivi",
            "ordine",
            "fattura",
            "spedizione",
            "encomenda",
            "fatura",
            "rastreamento",
            "rastreio",
            "sipariş",
            "siparis",
            "kargo",
            "takip",
            "طلب",
            "الطلب",
            "فاتورة",
            "الفاتورة",
            "شحنة",
            "注文",
            "請求書",
            "追跡",
            "型番",
            "订单",
            "訂單",
            "发票",
            "运单",
            "快递",
            "物流",
            "型号",
            "序列号",
            "주문",
            "송장",
            "운송장",
            "모델",
            "pesanan",
            "faktur",
            "resi",
        ],
    ),
    (
        Cue::Phone,
        &[
            "phone",
            "my number",
            "meine nummer",
            "mi número",
            "mon numéro",
            "mio numero",
            "meu número",
            "call",
            "mobile",
            "cell",
            "tel",
            "text me",
            "whatsapp",
            "ring me",
            "reach me",
            "telefon",
            "handy",
            "ruf",
            "anruf",
            "teléfono",
            "telefono",
            "móvil",
            "llám",
            "llam",
            "téléphone",
            "portable",
            "appel",
            "cellulare",
            "chiam",
            "telefone",
            "celular",
            "telemóvel",
            "lig",
            "cep",
            "ara",
            "هاتف",
            "هاتفي",
            "جوال",
            "رقمي",
            "اتصل",
            "電話",
            "携帯",
            "电话",
            "手机",
            "手機",
            "联系",
            "座机",
            "전화",
            "휴대",
            "연락",
            "telepon",
            "hp",
            "hubungi",
        ],
    ),
    (
        Cue::Identity,
        &[
            "ssn",
            "social security",
            "national id",
            "identity",
            "id number",
            "id card",
            "id is",
            "tax id",
            "my id",
            "steuer",
            "ausweis",
            "dni",
            "nie",
            "cédula",
            "sécurité sociale",
            "nir",
            "numéro de sécu",
            "codice fiscale",
            "cpf",
            "nif",
            "contribuinte",
            "kimlik",
            "tc no",
            "t.c.",
            "هوية",
            "الهوية",
            "القومي",
            "إقامة",
            "マイナンバー",
            "個人番号",
            "身份证",
            "身分證",
            "证件",
            "주민등록",
            "주민번호",
            "nik",
            "ktp",
        ],
    ),
    (
        Cue::Passport,
        &[
            "passport",
            "reisepass",
            "pasaporte",
            "passeport",
            "passaporto",
            "passaporte",
            "pasaport",
            "جواز",
            "パスポート",
            "旅券",
            "护照",
            "護照",
            "여권",
            "paspor",
        ],
    ),
    (
        Cue::Account,
        &[
            "account",
            "sort code",
            "routing",
            "konto",
            "kontonummer",
            "cuenta",
            "compte",
            "conto",
            "conta",
            "hesap",
            "hesab",
            "حساب",
            "حسابي",
            "口座",
            "账号",
            "账户",
            "帳號",
            "银行卡",
            "계좌",
            "rekening",
        ],
    ),
    (
        Cue::Card,
        &[
            "card",
            "karte",
            "kreditkarte",
            "tarjeta",
            "carte",
            "carta",
            "cartão",
            "kart",
            "بطاقة",
            "بطاقتي",
            "カード",
            "卡号",
            "信用卡",
            "카드",
            "kartu",
        ],
    ),
    (
        Cue::Birth,
        &[
            "born",
            "birth",
            "birthday",
            "dob",
            "geboren",
            "geburts",
            "nací",
            "nacimiento",
            "naci",
            "né le",
            "née le",
            "naissance",
            "nato il",
            "nata il",
            "nascita",
            "nasci",
            "nascimento",
            "doğum",
            "dogum",
            "doğdum",
            "ولدت",
            "الميلاد",
            "ميلادي",
            "生年月日",
            "誕生日",
            "生まれ",
            "出生",
            "生日",
            "生于",
            "생년월일",
            "생일",
            "태어",
            "lahir",
        ],
    ),
    (
        Cue::Plate,
        &[
            "plate",
            "car reg",
            "reg",
            "license plate",
            "licence plate",
            "registration",
            "kennzeichen",
            "matrícula",
            "matricula",
            "immatriculation",
            "plaque",
            "targa",
            "placa",
            "plaka",
            "لوحة",
            "ナンバー",
            "車番",
            "车牌",
            "車牌",
            "번호판",
            "차량번호",
            "차량",
            "plat nomor",
            "pelat",
        ],
    ),
    (
        Cue::Secret,
        &[
            "password",
            "pw",
            "pwd",
            "passcode",
            "passwort",
            "kennwort",
            "contraseña",
            "mot de passe",
            "senha",
            "palavra-passe",
            "şifre",
            "sifre",
            "parola",
            "كلمة المرور",
            "كلمة السر",
            "الرقم السري",
            "パスワード",
            "暗証番号",
            "密码",
            "密碼",
            "口令",
            "비밀번호",
            "kata sandi",
            "sandi",
            "pin",
            "otp",
            "one-time code",
            "verification code",
            "security code",
            "cvv",
            "cvc",
            "login code",
            "code is",
            "einmalcode",
            "bestätigungscode",
            "tan",
            "código de verificación",
            "código es",
            "code de vérification",
            "code est",
            "codice di verifica",
            "codice è",
            "código de verificação",
            "código é",
            "doğrulama kodu",
            "onay kodu",
            "رمز التحقق",
            "الرمز",
            "認証コード",
            "確認コード",
            "验证码",
            "驗證碼",
            "校验码",
            "인증번호",
            "인증 코드",
            "kode verifikasi",
            "kode otp",
        ],
    ),
];

/// Cue words by their first character.
static BY_FIRST: LazyLock<BTreeMap<char, Vec<(&str, Cue)>>> = LazyLock::new(|| {
    let mut by_first: BTreeMap<char, Vec<(&str, Cue)>> = BTreeMap::new();
    for (cue, words) in CUES {
        for word in *words {
            by_first.entry(word.chars().next().unwrap_or(' ')).or_default().push((word, *cue));
        }
    }
    by_first
});

/// All cues of a message, found in one pass.
pub(crate) struct Cues {
    hits: Vec<Hit>,
    /// The number of the sentence that each cell stands in: a cue does not reach into the next one.
    sentences: Vec<usize>,
}

/// Ordered by where it ends; a longer cue is better than a shorter one that ends with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    end: usize,
    length: usize,
    cue: Cue,
}

impl Cues {
    pub(crate) fn of(folded: &Folded) -> Self {
        let mut hits = Vec::new();
        for at in 0..folded.cells.len() {
            let c = folded.at(at);
            let Some(words) = BY_FIRST.get(&c) else { continue };
            // In scripts with spaces a cue begins a word; it may go on ("llámame", "Telefonnummer").
            if is_joined(c) && is_joined(folded.before(at)) {
                continue;
            }
            for (word, cue) in words {
                if folded.has(at, word) {
                    let length = word.chars().count();
                    hits.push(Hit { end: at + length, length, cue: *cue });
                }
            }
        }
        hits.sort_unstable();
        let mut sentence = 0;
        let sentences = (0..folded.cells.len())
            .map(|at| {
                let ends = match folded.before(at) {
                    '。' | '!' | '?' | '؟' | '\n' => true,
                    '.' => folded.at(at) == ' ',
                    _ => false,
                };
                sentence += usize::from(ends);
                sentence
            })
            .collect();
        Self { hits, sentences }
    }

    /// The cue that ends nearest before `at`, within reach.
    pub(crate) fn before(&self, at: usize) -> Option<Cue> {
        let hit = self.hits[..self.hits.partition_point(|hit| hit.end <= at)].last()?;
        let sentence = |at: usize| self.sentences.get(at.min(self.sentences.len().saturating_sub(1)));
        (hit.end + REACH > at && sentence(hit.end - 1) == sentence(at)).then_some(hit.cue)
    }
}

fn is_joined(c: char) -> bool {
    c.is_alphanumeric() && !is_cjk(c)
}

/// Cues of a secret, for those that are no numbers.
pub(crate) fn secrets() -> &'static [&'static str] {
    CUES.iter().find(|(cue, _)| *cue == Cue::Secret).map_or(&[], |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::{Cue, Cues};
    use crate::folded::Folded;

    #[track_caller]
    fn check(before: &str, expected: Option<Cue>) {
        let folded = Folded::new(before);
        assert_eq!(Cues::of(&folded).before(folded.cells.len()), expected, "{before}");
    }

    #[test]
    fn the_nearest_cue_counts() {
        check("my phone is broken, order number ", Some(Cue::Thing));
        check("about my order: call me on ", Some(Cue::Phone));
        check("我的身份证号是", Some(Cue::Identity));
        check("my phone, which I bought long ago and which is broken: ", None);
        // "case" within "suitcase" is none.
        check("the suitcase has ", None);
    }
}
