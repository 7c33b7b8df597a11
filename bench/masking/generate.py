#!/usr/bin/env python3
"""Writes support messages with marked private values, or harmless messages that look like them.

    generate.py SEED COUNT OUT.jsonl [--clean]

Templates and word lists are in templates.tsv beside this file; names and a few places come from
Faker (MIT). One line a message: {"id","language","kind","text","private":[{start,end,kind,value}]},
offsets in characters. The same seed, count, Faker and templates give the same file.
"""
import json
import random
import re
import string
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

from faker import Faker

LOCALES = {
    "en": ["en_US", "en_GB", "en_CA"], "de": ["de_DE", "de_DE", "de_AT"], "es": ["es_ES", "es_MX"],
    "fr": ["fr_FR", "fr_FR", "fr_CA"], "it": ["it_IT"], "pt": ["pt_BR", "pt_PT"], "tr": ["tr_TR"],
    "ar": ["ar_SA", "ar_EG"], "id": ["id_ID"], "zh": ["zh_CN"], "ja": ["ja_JP"], "ko": ["ko_KR"],
}
LATIN = ["en", "de", "es", "fr", "it", "pt", "tr", "id"]
# Places whose invented street names look real.
FAKER_STREETS = ["de_DE", "de_AT", "es_ES", "fr_FR", "it_IT", "pt_PT", "id_ID"]


def luhn(digits):
    """The check digit to put after these digits."""
    return -sum(d if i % 2 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits))) % 10


def weighted_check(digits, weights):
    rest = sum(d * w for d, w in zip(digits, weights)) % 11
    return 0 if rest < 2 else 11 - rest


def joined(characters, group=99):
    text = "".join(map(str, characters))
    return " ".join(text[i:i + group] for i in range(0, len(text), group))


class Maker:
    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.pools = defaultdict(list)
        for line in Path(__file__).with_name("templates.tsv").read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                key, group, text = line.split("\t")
                self.pools[key, group].append(text.replace("\\n", "\n"))
        self.kinds = dict(row.split(" ") for row in self.pools["*", "kinds"])
        self.fakers = {}
        for locale in sorted({x for group in LOCALES.values() for x in group} | {"zh_TW", "ar_AA"}):
            self.fakers[locale] = Faker(locale)
            self.fakers[locale].seed_instance(f"{seed} {locale}")

    def pick(self, *key):
        return self.rng.choice(self.pools[key])

    def digits(self, count):
        return self.rng.choices(range(10), k=count)

    def pattern(self, shape):
        fill = {"#": string.digits, "%": "123456789", "?": "ABCDEFGHJKLMNPRSTUVWXYZ"}
        return "".join(self.rng.choice(fill[c]) if c in fill else c for c in shape)

    def token(self, length, letters=string.ascii_letters + string.digits):
        return "".join(self.rng.choice(letters) for _ in range(length))

    def name(self, language, locale):
        if language in LATIN and self.rng.random() < 0.08:
            locale = self.rng.choice(LOCALES[self.rng.choice(LATIN)])
        if self.rng.random() < 0.3:
            return self.pick(locale, "names")
        fake = self.fakers[locale]
        if locale.startswith(("zh", "ko")):
            return fake.last_name() + fake.first_name()
        if locale == "ja_JP":
            return fake.last_name() + self.rng.choice(["", " ", "　"]) + fake.first_name()
        if locale == "ar_EG":
            fake = self.fakers["ar_AA"]
        return f"{fake.first_name()} {fake.last_name()}"

    def address(self, language, locale):
        fake, rng = self.fakers[locale], self.rng

        def street():
            invented = locale in FAKER_STREETS and rng.random() < 0.5
            return fake.street_name() if invented else self.pick(locale, "street")

        def town():
            if locale in ("de_DE", "de_AT", "id_ID") and rng.random() < 0.4:
                place = fake.city()
                return f"{place} {fake.postcode()}" if locale == "id_ID" else f"{fake.postcode()} {place}"
            return self.pattern(self.pick(locale, "town"))

        inner = {"street": street, "town": town, "quarter": lambda: self.pick(locale, "quarter"),
                 "n": lambda: str(rng.randint(1, 199)), "s": lambda: str(rng.randint(1, 24)),
                 "t": lambda: rng.choice("123456"), "L": lambda: rng.choice("ABCDEF"), "l": lambda: rng.choice("abcdef")}
        text = self.pattern(self.pick(locale, "address"))
        text = re.sub(r"\{(\w+)\}", lambda m: inner[m[1]](), text)
        return text.replace(", ", "\n", 1) if rng.random() < 0.1 else text

    def shaped(self, group, *keys):
        key = next(k for k in (*keys, "*") if self.pools[k, group])
        return self.pattern(self.pick(key, group))

    def handle(self, language):
        fake = self.fakers[LOCALES[language][0] if language in [*LATIN, "zh", "ja"] else "en_US"]
        words = fake.romanized_name().split() if language in ("zh", "ja") else [fake.first_name(), fake.last_name()]
        plain = str.maketrans("äöüßáéíóúñçãõâêôàèùğışşëïîûœ", "aousaeiouncaoaeoaeugisseiiuo")
        first, last = [re.sub("[^a-z]", "", w.lower().translate(plain)) or "kim" for w in words[:2]]
        return self.rng.choice([f"{first}.{last}", first[0] + last, self.pattern(first + "_##"),
                                self.pattern(last + "%%##"), f"{first}.{last}+shop"])

    def email(self, language, locale):
        return self.handle(language) + "@" + self.pick(language, "mailhost")

    def email_spelt(self, language, locale):
        dot, at = self.pick(language, "spelt").split("/")
        handle = self.handle(language).replace("+shop", "").replace("_", "")
        return (handle + "@" + self.pick(language, "mailhost")).replace(".", dot).replace("@", at)

    def iban(self, language, locale):
        shape = self.shaped("iban", locale, self.rng.choice(["de_DE", "en_GB", "fr_FR"]))
        number = "".join(str(int(c, 36)) for c in shape[2:] + shape[:2] + "00")
        value = f"{shape[:2]}{98 - int(number) % 97:02}{shape[2:]}"
        return joined(value, self.rng.choice([4, 4, 99]))

    def card(self, language, locale):
        length, prefix = self.rng.choice([(16, [4]), (16, [5, 3]), (16, [5, 1]), (15, [3, 7])])
        number = prefix + self.digits(length - len(prefix) - 1)
        number = joined(number + [luhn(number)])
        parts = [number[:4], number[4:10], number[10:]] if length == 15 else re.findall("....", number)
        return self.rng.choice(["", " ", " ", "-"]).join(parts)

    def ssn(self, language, locale):
        if locale == "fr_FR":
            value = self.fakers[locale].ssn()
            parts = [value[i:j] for i, j in ((0, 1), (1, 3), (3, 5), (5, 7), (7, 10), (10, 13), (13, 15))]
            return self.rng.choice(["", " "]).join(parts)
        if locale in ("en_CA", "fr_CA"):
            return self.fakers[locale].ssn().replace("-", " ")
        return self.fakers["en_US"].ssn().replace("-", self.rng.choice(["-", "-", " "]))

    def nid(self, language, locale):
        fake, rng = self.fakers[locale], self.rng
        if locale == "es_ES":
            number = rng.randrange(10_000_000, 99_999_999)
            return f"{number}{rng.choice(['', '-', ''])}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"
        if self.pools[locale, "nid"]:
            return self.date(language, 1955, 1999, self.shaped("nid", locale))
        if locale == "pt_BR":
            return fake.cpf() if rng.random() < 0.7 else re.sub(r"\D", "", fake.cpf())
        if locale == "pt_PT":
            number = [2] + self.digits(7)
            return joined(number + [weighted_check(number, range(9, 1, -1))], rng.choice([3, 9]))
        if locale == "tr_TR":
            number = [rng.randint(1, 9)] + self.digits(8)
            number.append((7 * sum(number[0::2]) - sum(number[1:8:2])) % 10)
            return joined(number + [sum(number) % 10])
        if locale == "de_DE":
            number, product = [rng.randint(1, 9)] + self.digits(9), 10
            for digit in number:
                product = ((digit + product) % 10 or 10) * 2 % 11
            return joined(number + [(11 - product) % 10])
        if locale == "ar_SA":
            number = [rng.choice([1, 2])] + self.digits(8)
            return joined(number + [luhn(number)])
        if locale == "ja_JP":
            number = self.digits(11)
            return joined(number + [weighted_check(number, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2])], rng.choice([4, 12]))
        if locale == "zh_CN":
            text = rng.choice(["110105", "310115", "440305", "510107", "330106"]) + \
                self.date(language, 1955, 2004, "{Y}{mm}{dd}") + self.pattern("##%")
            return text + "10X98765432"[sum(int(d) * 2 ** (17 - i) for i, d in enumerate(text)) % 11]
        if locale == "de_AT":
            return fake.ssn(date(rng.randint(1950, 2004), rng.randint(1, 12), rng.randint(1, 28)))
        return fake.ssn()

    def date(self, language, first, last, shape=None):
        year, month, day = self.rng.randint(first, last), self.rng.randint(1, 12), self.rng.randint(1, 28)
        months = self.pools[language, "months"] or [""] * 12
        return (shape or self.pick(language, "dates")).format(
            Y=year, y=f"{year % 100:02}", m=month, mm=f"{month:02}", d=day, dd=f"{day:02}", B=months[month - 1])

    def birth(self, language, locale):
        return self.date(language, 1948, 2006)

    def ip(self, language, locale):
        if self.rng.random() < 0.25:
            return "2001:db8:" + ":".join(f"{self.rng.randrange(1, 65536):x}" for _ in range(6))
        return ".".join(str(self.rng.randint(1, 223)) for _ in range(4))

    def mac(self, language, locale):
        text = self.rng.choice([":", ":", "-"]).join(f"{self.rng.randrange(256):02x}" for _ in range(6))
        return text.upper() if self.rng.random() < 0.5 else text

    def geo(self, language, locale):
        north, east = (f"{self.rng.uniform(-60, 75):.5f}"[:-cut or None] for cut in [self.rng.randrange(2)] * 2)
        return f"{north}{self.rng.choice([', ', ',', ' '])}{east}"

    def apikey(self, language, locale):
        return self.rng.choice([
            lambda: "sk_live_" + self.token(24), lambda: "ghp_" + self.token(36), lambda: self.token(32, "0123456789abcdef"),
            lambda: "AKIA" + self.token(16, string.ascii_uppercase + "234567"), lambda: "AIza" + self.token(35),
            lambda: "pk-" + self.token(20) + "-" + self.token(8), lambda: self.token(40),
        ])()

    def bearer(self, language, locale):
        jwt = "eyJhbGciOiJIUzI1NiJ9.eyJ" + self.token(30) + "." + self.token(43)
        return jwt if self.rng.random() < 0.5 else self.token(self.rng.randint(28, 40))

    def url(self, language, locale):
        return self.pick("*", "url") + self.token(self.rng.randint(20, 36))

    def harmless(self, slot, language):
        if slot == "date":
            return self.date(language, 2023, 2026)
        if slot == "commit":
            return self.token(self.rng.randint(7, 10), "0123456789abcdef")
        if slot == "isbn":
            body = [9, 7, 8] + self.digits(9)
            check = -sum(d * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10
            text = joined(body + [check])
            return f"{text[:3]}-{text[3]}-{text[4:8]}-{text[8:12]}-{text[12]}"
        return self.shaped(slot, language)

    def message(self, language, template):
        rng = self.rng
        locale = rng.choice(LOCALES[language])
        if template.startswith("@"):
            locale, template = template[1:].split(" ", 1)
        closed = template.endswith("|")
        template = template.rstrip("|")
        lower, curly = language in LATIN and rng.random() < 0.3, rng.random() < 0.5
        labelled = "\n" in template or re.match(r"[^ {]+( [^ {]+)? ?[:：]", template)
        if rng.random() < 0.3 and not labelled:
            template = self.pick(language, "opening") + template
        if rng.random() < 0.3 and not closed:
            template = template.rstrip("。.?") + (rng.choice(["", ".", ",", "\n"]) if language in [*LATIN, "ar"] else "")
            template += self.pick(language, "closing")
        text, private = "", []
        for part in re.split(r"(\{\w+\})", template):
            if not part.startswith("{"):
                part = part.replace("'", "’") if curly else part
                text += self.lower(part, language) if lower else part
                continue
            slot = part[1:-1]
            if slot not in self.kinds:
                text += self.harmless(slot, language)
                continue
            make = getattr(self, {"first": "name", "last": "name"}.get(slot, slot), None)
            value = make(language, locale) if make else self.shaped(slot, locale, language)
            if lower and slot in ("name", "first", "last", "address") and rng.random() < 0.8:
                value = self.lower(value, language)
            if curly and slot in ("name", "address"):
                value = value.replace("'", "’")
            value = value.split()[{"first": 0, "last": -1}[slot]] if slot in ("first", "last") else value.strip()
            private.append({"start": len(text), "end": len(text) + len(value), "kind": self.kinds[slot], "value": value})
            text += value
        return text, private

    @staticmethod
    def lower(text, language):
        if language == "tr":
            text = re.sub(r"\b[A-Z]{2,}\b", lambda m: m[0].lower(), text).replace("İ", "i").replace("I", "ı")
        return text.lower().replace("i̇", "i")

    def corpus(self, count, clean):
        group = "clean" if clean else "private"
        queues, seen, made = {}, set(), 0
        while made < count:
            language = list(LOCALES)[made % len(LOCALES)]
            if not queues.get(language):
                queues[language] = self.rng.sample(self.pools[language, group], len(self.pools[language, group]))
            text, private = self.message(language, queues[language].pop())
            if text in seen:
                continue
            seen.add(text)
            made += 1
            yield {"id": f"{group}-{made:05}", "language": language,
                   "kind": private[0]["kind"] if private else "NONE", "text": text, "private": private}


def main():
    args = [a for a in sys.argv[1:] if a != "--clean"]
    if len(args) != 3:
        sys.exit(__doc__)
    with open(args[2], "w", encoding="utf-8") as out:
        for row in Maker(int(args[0])).corpus(int(args[1]), "--clean" in sys.argv):
            assert all(row["text"][p["start"]:p["end"]] == p["value"] for p in row["private"])
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
