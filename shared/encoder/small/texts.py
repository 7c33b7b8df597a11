"""Texts that the student learns from: open data without labels, and questions put together from WordNet's words.

Banking77, CLINC150 and NLU++ are left out on purpose, so that what is measured on them is carried over.
"""

import csv
import json
import random
import re
from pathlib import Path

FRAMES = """
how do i {v} my {n}|how can i {v} the {n}|how to {v} a {a} {n}|what is the {n} of my {n2}|where is my {n}|where can i find the {n}
why was my {n} not {p}|why did you {v} my {n}|why is the {n} so {a}|why can't i {v} this {n}|can you {v} my {n} please|could you {v} the {n} for me
i want to {v} my {n}|i would like to {v} a {n}|i need to {v} my {n} today|i need help with my {n}|i have a problem with the {n}|my {n} is {a}
my {n} does not work|my {n} has not arrived yet|the {n} that i bought is {a}|the {n} was {p} twice|i never received my {n}|i did not {v} the {n}
is it possible to {v} the {n}|is the {n} {a}|is there a {n} for {n2}|are there any {a} {n} left|do you have {a} {n}|do you sell {n}
do i need a {n} to {v} the {n2}|do you know a good {n}|does the {n} include {n2}|what does {n} mean|what are your {n} hours|what {n} do you accept
what should i do if my {n} is {p}|what happens if i {v} the {n}|what happens when the {n} is {a}|when will my {n} be {p}|when does the {n} close|when can i {v} it
which {n} can i use for {n2}|which is better, {n} or {n2}|who can {v} my {n}|who is the {n} of {n2}|how much is the {n}|how much does a {a} {n} cost
how long does the {n} take|how long until my {n} is {p}|how many {n} are in a {n2}|how often should i {v} the {n}|tell me about the {n}|tell me how to {v} {n}
please {v} my {n}|please tell me the {n} of {n2}|show me my {n}|set a {n} for the {n2}|add {n} to my {n2}|remind me to {v} the {n}
someone {p} my {n}|i lost my {n}|i forgot my {n}|my {n} was {p} and i am {a}|i can't find the {n}|i am not happy with the {n}
i was charged for a {n}|there is a {n} on my {n2} that i do not recognise|i got the wrong {n}|you sent me a {a} {n}|the {n} and the {n2} do not match|can i get a {n} for my {n2}
can i change the {n} of my {n2}|can i {v} without a {n}|can someone else {v} my {n}|can i {v} and {v2} the {n} at once|what's the difference between {n} and {n2}|i {v} {n} every day
{n}|{n} {n2}|{v} {n}|{a} {n}|{n} not {p}|{n} for {n2}|{v} my {n} and {v2} it|no {n}|new {n}|{n} help
i think my {n} has been {p}|it says the {n} is {a}|the app won't let me {v} the {n}|let me {v} the {n}|what's my {n}|is my {n} {p}
""".replace("\n", "|").strip("|").split("|")


def wordnet(folder: Path) -> tuple[list[str], dict[str, list[str]]]:
    """Definitions and example sentences; and words by part of speech, the more frequent ones repeated."""
    sentences, words = [], {}
    for part in ("noun", "verb", "adj", "adv"):
        for line in open(folder / f"data.{part}", encoding="utf-8"):
            if not line.startswith("  "):
                gloss = line.split(" | ", 1)[1].strip()
                sentences += [s.strip(" ;") for s in re.split(r'[";]', gloss)]
    for line in open(folder / "index.sense", encoding="utf-8"):
        key, _, _, count = line.split()
        word, kind = key.split("%")[0].replace("_", " "), {"1": "n", "2": "v", "3": "a", "5": "a"}.get(key.split("%")[1][0])
        if kind and re.fullmatch(r"[a-z' -]{2,24}", word):
            words.setdefault(kind, []).extend([word] * (1 + min(30, 3 * int(count))))
    return [s for s in sentences if 2 <= len(s.split()) <= 40], words


def past(verb: str) -> str:
    return verb + "d" if verb.endswith("e") else verb + "ed"


def questions(words: dict[str, list[str]], n: int, chance: random.Random) -> list[str]:
    pick = lambda kind: chance.choice(words[kind])
    out = []
    for _ in range(n):
        fill = dict(n=pick("n"), n2=pick("n"), v=pick("v"), v2=pick("v"), a=pick("a"), p=past(pick("v")))
        text = chance.choice(FRAMES).format(**fill)
        out.append(text + chance.choice(["", "", "", "?", "?", ".", "!"]))
    return out


def spoken(data: Path) -> list[str]:
    """What people wrote: the training parts of the open sets, without their labels."""
    texts = [line.split("\t")[0] for line in open(data / "goemotions/train.tsv", encoding="utf-8")]
    texts += [row["utterance"] for row in csv.DictReader(open(data / "bitext/train.csv", encoding="utf-8"))]
    texts += [row["text"] for row in csv.DictReader(open(data / "prompt_injection/deepset_train.csv", encoding="utf-8"))]
    return texts


def changed(text: str, other: str, chance: random.Random) -> str:
    """A text as another one might have written it: a typing error, a word less, a piece of it, or two in one message."""
    words = text.split()
    way = chance.randrange(4)
    if way == 0 and len(text) > 6:
        at = chance.randrange(len(text) - 1)
        text = text[:at] + chance.choice([text[at + 1] + text[at] + text[at + 2 :], text[at + 1 :], text[at] + text[at:]])
    elif way == 1 and len(words) > 3:
        del words[chance.randrange(len(words))]
        text = " ".join(words)
    elif way == 2 and len(words) > 5:
        first = chance.randrange(len(words) - 3)
        text = " ".join(words[first : first + chance.randint(3, 12)])
    else:
        text = chance.choice([". ", ", ", " and ", " "]).join([" ".join(words[:14]), " ".join(other.split()[:14])])
    return text.lower() if chance.random() < 0.3 else text


def corpus(data: Path, dictionary: Path, seed: int = 7) -> list[str]:
    chance = random.Random(seed)
    sentences, words = wordnet(dictionary)
    said = spoken(data)
    asked = questions(words, 140_000, chance)
    base = said + said + asked[: len(asked) // 2]
    texts = said + asked + chance.sample(sentences, 50_000)
    texts += [changed(t, chance.choice(base), chance) for t in base]
    texts = sorted({" ".join(t.split())[:300] for t in texts if t.strip()})
    chance.shuffle(texts)
    return texts


if __name__ == "__main__":
    import sys
    found = corpus(Path(sys.argv[1]), Path(sys.argv[2]))
    print(len(found))
    for text in found[:60]:
        print(repr(text))
