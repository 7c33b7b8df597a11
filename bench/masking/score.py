#!/usr/bin/env python3
"""Scores a masker on marked messages.

    score.py BINARY CORPUS.jsonl [MORE.jsonl ...] [--show N]

Runs `BINARY mask`, one message a line, which answers `MASKED<TAB>[{"start","end","kind"}, ...]` with
byte offsets. A private value is found when spans of any kind cover all its letters and digits; a span
is right when at least half of its letters and digits lie within private values.
"""
import argparse
import json
import re
import subprocess
import sys
from collections import Counter


def flat(text):
    return re.sub(r"[\r\n\t\v\f\x1c-\x1e\x85\u2028\u2029]", " ", text)  # one character each: offsets stay


def byte_to_character(text):
    table, place = {0: 0}, 0
    for index, character in enumerate(text):
        width = len(character.encode())
        for inner in range(width):
            table[place + inner] = index
        place += width
        table[place] = index + 1
    return table


def spans_of(answer, text):
    table = byte_to_character(text)
    found = json.loads(answer.rsplit("\t", 1)[1]) if "\t" in answer else []
    return [(table[s["start"]], table[s["end"]], s["kind"]) for s in found]


def alphanumeric(text, start, end):
    return {i for i in range(start, end) if text[i].isalnum()}


def rate(good, total):
    return f"{good / total:7.2%} ({good}/{total})" if total else "      - (0/0)"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("corpus", nargs="+")
    parser.add_argument("--show", type=int, default=0, help="print up to N misses and N false alarms")
    args = parser.parse_args()
    rows = [json.loads(line) for path in args.corpus for line in open(path, encoding="utf-8")]
    texts = [flat(row["text"]) for row in rows]
    run = subprocess.run([args.binary, "mask"], input="".join(t + "\n" for t in texts).encode(),
                         stdout=subprocess.PIPE, check=True)
    answers = run.stdout.decode().split("\n")
    answers = answers[:-1] if answers[-1] == "" else answers
    if len(answers) != len(rows):
        sys.exit(f"{len(rows)} lines in, {len(answers)} out")

    found, private, right, spans, exact, clean, hit = (Counter() for _ in range(7))
    misses, alarms = [], []
    for row, text, answer in zip(rows, texts, answers):
        marked = spans_of(answer, text)
        language = row["language"]
        covered = set().union(*[range(s, e) for s, e, _ in marked])
        secret = set().union(*[range(p["start"], p["end"]) for p in row["private"]])
        for value in row["private"]:
            whole = alphanumeric(text, value["start"], value["end"]) <= covered
            for key in (language, value["kind"], "all"):
                private[key] += 1
                found[key] += whole
            if not whole:
                misses.append((language, value["kind"], value["value"], text))
        for start, end, kind in marked:
            inside = alphanumeric(text, start, end)
            good = bool(inside) and 2 * len(inside & secret) >= len(inside)
            for key in (language, kind, "all"):
                spans[key] += 1
                right[key] += good
            exact["all"] += any((start, end) == (p["start"], p["end"]) for p in row["private"])
            if not good:
                alarms.append((language, kind, text[start:end], text))
        if not row["private"]:
            for key in (language, "all"):
                clean[key] += 1
                hit[key] += bool(marked)

    languages = sorted({row["language"] for row in rows})
    kinds = sorted((set(private) | set(spans)) - set(languages) - {"all"})
    print(f"{'':10}  {'recall':22} {'precision':22} clean messages touched")
    for key in ["all", *languages, *kinds]:
        touched = rate(hit[key], clean[key]) if clean[key] else ""
        print(f"{key:10}  {rate(found[key], private[key]):22} {rate(right[key], spans[key]):22} {touched}")
    print(f"spans with exactly a private value's bounds: {rate(exact['all'], spans['all'])}")
    for title, items in (("missed", misses), ("false alarm", alarms)):
        for language, kind, value, text in items[:args.show]:
            print(f"{title}\t{language}\t{kind}\t{value!r}\t{text}")


if __name__ == "__main__":
    main()
