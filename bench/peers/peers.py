"""Peers that run on Python: peers.py NAME, the sets as JSON on standard input; one JSON object out."""

import json
import pickle
import re
import resource
import statistics
import sys
import time

asked = json.load(sys.stdin)


def judge(answer):
    """Asks for each test row; the first 100 once before."""
    for text, _ in asked["test"][:100]:
        answer(text)
    times, right = [], 0
    for text, label in asked["test"]:
        started = time.perf_counter()
        found = answer(text)
        times.append(time.perf_counter() - started)
        right += found == label
    return {"right": right / len(asked["test"]), "p50_ms": 1000 * statistics.median(times)}


def sklearn():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    model = make_pipeline(make_union(words, letters), LinearSVC())
    started = time.perf_counter()
    model.fit([text for text, _ in asked["train"]], [label for _, label in asked["train"]])
    train_s = time.perf_counter() - started
    return judge(lambda text: model.predict([text])[0]) | {"train_s": train_s, "bytes": len(pickle.dumps(model))}


def bm25():
    from rank_bm25 import BM25Okapi

    cut = lambda text: re.findall(r"\w+", text.lower())
    index = BM25Okapi([cut(text) for text, _ in asked["train"]])
    labels = [label for _, label in asked["train"]]
    return judge(lambda text: labels[index.get_scores(cut(text)).argmax()]) | {"bytes": len(pickle.dumps(index))}


def quantise():
    """The float encoder to 8 bits by onnxruntime's dynamic quantisation, and the texts to tokens."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from tokenizers import Tokenizer

    quantize_dynamic(asked["float"], asked["model"], weight_type=QuantType.QInt8)
    tokenizer = Tokenizer.from_file(asked["tokenizer"])
    tokenizer.no_padding()
    return {"tokens": [tokenizer.encode(text).ids for text in asked["texts"]]}


def encoder():
    """The same encoder, float, through onnxruntime with all its cores, and a logistic regression over its vectors."""
    import numpy
    import onnxruntime
    from sklearn.linear_model import LogisticRegression
    from tokenizers import Tokenizer

    session = onnxruntime.InferenceSession(asked["float"])
    tokenizer = Tokenizer.from_file(asked["tokenizer"])
    tokenizer.no_padding()

    def encode(text):
        ids = numpy.array([tokenizer.encode(text).ids], dtype=numpy.int64)
        mean = session.run(None, {"input_ids": ids})[0][0].mean(axis=0)
        return mean / numpy.linalg.norm(mean)

    started = time.perf_counter()
    model = LogisticRegression(C=30, max_iter=1000)
    model.fit([encode(text) for text, _ in asked["train"]], [label for _, label in asked["train"]])
    train_s = time.perf_counter() - started
    return judge(lambda text: model.predict([encode(text)])[0]) | {"train_s": train_s, "bytes": len(pickle.dumps(model))}


result = {"sklearn": sklearn, "bm25": bm25, "quantise": quantise, "encoder": encoder}[sys.argv[1]]()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(json.dumps(result | {"memory_mb": peak}))
