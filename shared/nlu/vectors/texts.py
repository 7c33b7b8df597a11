"""Brings the words and sentences that word vectors are distilled from: two files a language, none of them committed.

    python3 texts.py FOLDER      (Python 3.9+, pip, npm and Debian's apt-get; about 500 MB of downloads)

FOLDER then holds LANG.words.txt (most frequent first), LANG.sentences.txt and LANG.held-out.txt (every 20th sentence).
Sources and licences are in README.md.
"""

import glob, html, json, os, random, re, subprocess, sys, zipfile
from pathlib import Path

LANGUAGES = "ar de en es fr id it ja ko pt tr zh".split()
DEBIAN = """gnome-user-docs wordpress-l10n gnucash-common evolution-common gnome-control-center-data
gnome-software-common kmymoney-common homebank-data tryton-client tryton-modules-sale tryton-modules-account
wesnoth-1.16-data libreoffice-help-{de,en-us,es,fr,id,it,ja,ko,pt-br,tr,zh-cn}
firefox-esr-l10n-{ar,de,es-es,fr,id,it,ja,ko,pt-br,tr,zh-cn} thunderbird-l10n-{ar,de,es-es,fr,id,it,ja,ko,pt-br,tr,zh-cn}"""
PYTHON = "django-oscar==4.2.1 chatterbot-corpus==1.3.3 pretix==2026.8.0 shuup==3.1.0 django-allauth weblate==5.14.3"
NODE = "matrix-react-sdk@3.114.0 nodebb@1.4.0"
# What a folder or file is called where its texts are in a language, without what follows "_" or "-".
NAMES = {"C": "en", "english": "en", "german": "de", "spanish": "es", "french": "fr", "indonesian": "id", "italian": "it",
         "japanese": "ja", "korean": "ko", "portuguese": "pt", "turkish": "tr", "chinese": "zh", **{l: l for l in LANGUAGES}}
WORDS = 60_000
# So many sentences of a source at most, so that none drowns the others.
LIMITS = {"chatterbot": 1500, "help": 2500, "shop": 4000, "game": 2000, "office": 1200, "other": 1500}
SENTENCES = 12_000


def fetch(folder):
    os.makedirs(folder, exist_ok=True)
    run = lambda command: subprocess.run(["bash", "-c", command], cwd=folder, check=False)
    run("apt-get download -q " + DEBIAN.replace("\n", " "))
    run(f"pip download -q --no-deps -d . {PYTHON}")
    run(f"npm pack -s {NODE}")
    run("""for f in *.deb; do mkdir -p x/${f%%_*}; dpkg-deb -x $f x/${f%%_*}; done
           for f in *.whl; do mkdir -p x/py-${f%%-*}; unzip -q -o $f -d x/py-${f%%-*}; done
           for f in *.tgz; do mkdir -p x/npm-${f%%.tgz}; tar xzf $f -C x/npm-${f%%.tgz}; done""")


def language(name):
    """de, pt_BR, zh_Hans, german … as one of the twelve, or nothing; traditional Chinese counts too."""
    return NAMES.get(name) or NAMES.get(re.split(r"[_\-@]", name)[0].lower())


def catalogue(path):
    """(source, translation) pairs of a .po or .mo file."""
    if path.endswith(".mo"):
        import gettext
        with open(path, "rb") as file:
            entries = gettext.GNUTranslations(file)._catalog
        return [(k if isinstance(k, str) else k[0], v) for k, v in entries.items()]
    unquote = lambda text: "".join(json.loads(s, strict=False) for s in re.findall(r'"(?:[^"\\]|\\.)*"', text))
    pairs = []
    for block in re.split(r"\n\s*\n", open(path, encoding="utf8", errors="replace").read()):
        found = re.search(r'^msgid ((?:"(?:[^"\\]|\\.)*"\s*)+)(?:msgid_plural .*\s*(?:".*"\s*)*)?msgstr(?:\[0\])? ((?:"(?:[^"\\]|\\.)*"\s*)+)', block, re.M)
        if found and "#, fuzzy" not in block:
            try:
                pairs.append((unquote(found[1]), unquote(found[2])))
            except ValueError:
                pass
    return pairs


def texts_of(root):
    """(language, source, text), in a fixed order."""
    files = sorted(glob.glob(f"{root}/x/**/*", recursive=True))
    for path in files:
        parts = path[len(root) + 3:].split("/")
        kind = next((k for k, names in {"chatterbot": ["chatterbot"], "shop": ["oscar", "pretix", "shuup"], "game": ["wesnoth"],
                     "office": ["libreoffice"], "help": ["gnome-user-docs"]}.items() if any(n in parts[0] for n in names)), "other")
        folders = [language(p) for p in parts[1:-1]]
        lang = next((l for l in reversed(folders) if l), None) or language(Path(path).stem)
        if path.endswith((".po", ".mo")) and lang:
            try:
                for source, translation in catalogue(path):
                    if source != translation:
                        yield lang, kind + parts[0], translation
                        if lang in ("de", "fr"):
                            yield "en", kind + parts[0], source
            except (OSError, UnicodeDecodeError):
                pass
        elif path.endswith(".page") and lang:
            page = open(path, encoding="utf8").read()
            for text in re.findall(r"<(?:title|desc|p)\b[^>]*>(.*?)</(?:title|desc|p)>", page, re.S):
                yield lang, kind + parts[0], re.sub(r"<[^>]*>", "", text)
        elif kind == "office" and path.endswith(".html"):
            lang = language(parts[0][len("libreoffice-help-"):])
            for text in re.findall(r"<(?:p|h1|h2)\b[^>]*>(.*?)</(?:p|h1|h2)>", open(path, encoding="utf8").read(), re.S):
                yield lang, kind + parts[0], re.sub(r"<[^>]*>", "", text)
        elif kind == "chatterbot" and path.endswith(".yml") and lang:
            for text in re.findall(r"^\s*-\s+(?:-\s+)?(.*)$", open(path, encoding="utf8").read(), re.M):
                yield lang, kind, text.strip("'\"")
        elif path.endswith(".json") and ("/i18n/strings/" in path or "/language/" in path):
            lang = language(Path(path).stem) or lang
            values = [json.load(open(path, encoding="utf8"))]
            while lang and values:
                value = values.pop()
                if isinstance(value, dict):
                    values.extend(value.values())
                elif isinstance(value, str):
                    yield lang, kind + parts[0], value
        elif path.endswith(".xpi"):
            lang = language(re.search(r"langpack-([\w-]+)@", path)[1])
            with zipfile.ZipFile(path) as pack:
                for name in sorted(n for n in pack.namelist() if n.endswith((".ftl", ".properties"))):
                    for line in pack.read(name).decode("utf8", "replace").splitlines():
                        if found := re.match(r"^\s*[\w.\-\[\]*]+\s*=\s*(.*)$", line):
                            yield lang, kind + parts[0].split("-")[0], found[1]


SCRIPTS = {"ar": r"[\u0600-\u06ff]", "ja": r"[\u3040-\u30ff]", "ko": r"[\uac00-\ud7a3]", "zh": r"[\u4e00-\u9fff]"}


def sentences_in(text, lang):
    """Whole sentences without marks of programs and with nothing left to fill in, neither very short nor very long."""
    text = html.unescape(re.sub(r"<[^>]*>|&[a-zA-Z]+;|[_~]", "", text.replace("\\n", " ")))
    text = re.sub(r"&(?=\w)|\(&?\w\)", "", text)
    for part in re.split(r"(?<=[.!?؟])\s+|(?<=[。！？])|\n\n+|\\n", text):
        part = re.sub(r"\s+", " ", part).strip(" \t-–•*|\"")
        if re.search(r"[%{}$<>\\=#@|\[\]]|https?:|\bwww\.|/\w+/", part):
            continue
        letters = sum(c.isalpha() for c in part)
        own = len(re.findall(SCRIPTS.get(lang, r"[a-zA-Z\u00c0-\u024f]"), part))
        if lang == "zh" and re.search(SCRIPTS["ja"] + "|" + SCRIPTS["ko"], part):
            continue
        need = 0.15 if lang == "ja" else 0.6
        size = (own if lang == "zh" else len(part) * (0.6 if lang in ("ja", "ko") else 0.4))
        if letters >= 0.6 * len(part) and own >= need * letters and (lang in ("ja", "zh", "ko") or len(part.split()) >= 3) and 4 <= size <= 56:
            yield part


def choose(root):
    found = {l: {} for l in LANGUAGES}
    seen = {l: set() for l in LANGUAGES}
    for lang, source, text in texts_of(root):
        for sentence in sentences_in(text, lang) if lang in found else ():
            key = re.sub(r"\W+", "", sentence.lower())
            if key not in seen[lang]:
                seen[lang].add(key)
                found[lang].setdefault(source, []).append(sentence)
    for lang, sources in found.items():
        chosen = []
        for source, sentences in sorted(sources.items()):
            # What was never translated stands in English in every language's file.
            sentences = [s for s in sentences if lang == "en" or re.sub(r"\W+", "", s.lower()) not in seen["en"]]
            random.Random(lang + source).shuffle(sentences)
            # Questions first: they are what visitors write, and the fewest.
            sentences.sort(key=lambda s: s[-1] not in "?？؟")
            limit = next(n for kind, n in LIMITS.items() if source.startswith(kind) or kind == "other")
            chosen += sentences[:limit]
            print(lang, source, len(sentences), min(len(sentences), limit), file=sys.stderr)
        random.Random(lang).shuffle(chosen)
        yield lang, chosen[:SENTENCES]


def main(folder):
    if not os.path.isdir(f"{folder}/x"):
        fetch(folder)
    try:
        import wordfreq
    except ImportError:
        sys.exit("pip install wordfreq, which has the lists of words")
    for lang in LANGUAGES:
        words = (w for w in wordfreq.iter_wordlist(lang, "best") if not re.search(r"[\d_]", w))
        Path(folder, f"{lang}.words.txt").write_text("\n".join(w for w, _ in zip(words, range(WORDS))) + "\n", encoding="utf8")
    for lang, sentences in choose(folder):
        kept = [s for at, s in enumerate(sentences) if at % 20]
        Path(folder, f"{lang}.sentences.txt").write_text("\n".join(kept) + "\n", encoding="utf8")
        Path(folder, f"{lang}.held-out.txt").write_text("\n".join(sentences[::20]) + "\n", encoding="utf8")
        print(lang, len(sentences), file=sys.stderr)


main(sys.argv[1])
