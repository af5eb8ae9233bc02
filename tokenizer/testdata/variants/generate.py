"""Writes golden.json: random pipelines around the mini vocabularies, run by tokenizers 0.23.3.

Each variant is a mini tokenizer with some of its parts replaced, and texts with
their ids and byte offsets.
"""
import copy
import json
import pathlib
import random

from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).parent
NAMES = ["gpt2", "llama2", "neox", "smollm2", "gemma3", "llama3_1"]
BEHAVIORS = ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
WORDS = ("the a I France don't it's IT'S 'S it'\u017f 123 1234567 2024 3.14 hello HTTPServer camelCase \u00c0\u00c9 na\u00efve "
         "stra\u00dfe \u0130I \u041f\u0440\u0438\u0432\u0435\u0442 \u65e5\u672c\u8a9e \u30ab\u30bf \ud55c\uad6d\uc5b4 e\u0301 A\u030a\u0323 "
         "\u1100\u1161\u11a8 \u00bd \u0663 \U0001f600 ... ?! -- #@% \u00a0 \u2003 \t \x00 \u2028 \u2581 \u0120 \u3002 , . ab abab haha").split(" ")


def text(rng, added):
    parts = []
    for _ in range(rng.randint(1, 12)):
        kind = rng.random()
        if kind < 0.5:
            parts.append(rng.choice(WORDS))
        elif kind < 0.8:
            parts.append(rng.choice([" ", " ", "  ", "\n", "\n\n", " \n", "\r\n"]))
        elif kind < 0.95 and added:
            parts.append(rng.choice(added))
        else:
            parts.append(rng.choice(["ab", "ha", " ", "\n", "."]) * rng.randint(1, 40))
    return "".join(parts)


def pretokenizer(rng, known):
    kind = rng.random()
    if kind < 0.4:
        regex = rng.choice([known, r"\p{N}", r"\p{N}{1,3}", "[0-9][0-9][0-9]", "[a-c]+", r"\s+", r" ?[A-Z]+(?!x)", "(?:ab)+|a"])
        pattern = {"Regex": regex} if rng.random() < 0.7 else {"String": rng.choice([" ", "a", "the", "."])}
        return {"type": "Split", "pattern": pattern, "behavior": rng.choice(BEHAVIORS), "invert": rng.random() < 0.3}
    if kind < 0.6:
        return {"type": "Digits", "individual_digits": rng.random() < 0.5}
    if kind < 0.8:
        return {"type": "Punctuation", "behavior": rng.choice(BEHAVIORS)}
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": rng.choice(["always", "first", "never"]), "split": rng.random() < 0.5}


def normalizer(rng):
    kind = rng.random()
    if kind < 0.3:
        return {"type": "NFC"}
    if kind < 0.5:
        return {"type": "Prepend", "prepend": rng.choice(["\u2581", "ab", " "])}
    return {"type": "Replace", "pattern": {"String": rng.choice([" ", "a", "ab", "the"])}, "content": rng.choice(["\u2581", "", "xy", "\u00e9", " "])}


def variant(rng, name, base, known):
    """Returns the changed parts, the tokens left out of the vocabulary, and the whole file."""
    d = copy.deepcopy(base)
    byte_level = name not in ("llama2", "gemma3")
    if rng.random() < 0.6:
        d["normalizer"] = {"type": "Sequence", "normalizers": [normalizer(rng) for _ in range(rng.randint(0, 3))]}
    if rng.random() < 0.8:
        stages = [pretokenizer(rng, known) for _ in range(rng.randint(0, 2))]
        if byte_level:
            stages.append({"type": "ByteLevel", "add_prefix_space": rng.random() < 0.4, "trim_offsets": True, "use_regex": rng.random() < 0.5})
            after = pretokenizer(rng, known)
            if rng.random() < 0.3 and after["type"] != "Metaspace":
                stages.append(after)
        d["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": stages}
    if byte_level and rng.random() < 0.5:
        d["post_processor"] = {"type": "ByteLevel", "add_prefix_space": rng.random() < 0.5, "trim_offsets": rng.random() < 0.7, "use_regex": True}
    model = d["model"]
    model["ignore_merges"], model["fuse_unk"] = rng.random() < 0.4, rng.random() < 0.5
    dropped = []
    if byte_level:
        model["unk_token"] = rng.choice([None, None, "a", "the"])
        merged = {t for m in model["merges"] for t in (m if isinstance(m, list) else m.split(" "))}
        free = sorted(t for t in model["vocab"] if len(t) == 1 and t not in merged and t != model["unk_token"])
        if rng.random() < 0.5:
            dropped = rng.sample(free, min(len(free), 40))
        for t in dropped:
            del model["vocab"][t]
    else:
        model["byte_fallback"] = rng.random() < 0.5
    add_tokens(rng, d, bool(dropped))
    parts = {k: d[k] for k in ("normalizer", "pre_tokenizer", "post_processor", "added_tokens")}
    flags = {k: model[k] for k in ("ignore_merges", "fuse_unk", "byte_fallback", "unk_token") if k in model}
    return parts, flags, dropped, d


def add_tokens(rng, d, gaps):
    """Makes some words of the vocabulary added tokens; with gaps the library would renumber others."""
    vocabulary = d["model"]["vocab"]
    if gaps:
        d["added_tokens"] = [a for a in d["added_tokens"] if a["content"] in vocabulary]
        if d["post_processor"] and d["post_processor"]["type"] != "ByteLevel":
            d["post_processor"] = None
    have = {a["content"] for a in d["added_tokens"]}
    words = sorted(t for t in vocabulary if 1 < len(t) < 6 and t.isalpha() and t.isascii() and t not in have)
    for t in rng.sample(words, 3) + rng.choice([[], ["a"], ["."]]):
        if t in vocabulary:
            flags = {k: rng.random() < p for k, p in (("single_word", 0.5), ("lstrip", 0.4), ("rstrip", 0.4), ("normalized", 0.5), ("special", 0.3))}
            d["added_tokens"].append({"id": vocabulary[t], "content": t, **flags})
    d["added_tokens"].sort(key=lambda a: a["id"])


def encode(tokenizer, s):
    e = tokenizer.encode(s, add_special_tokens=False)
    at = [0]
    for c in s:
        at.append(at[-1] + len(c.encode()))
    return {"s": s, "ids": e.ids, "boff": [at[i] for o in e.offsets for i in o]}


def main():
    rng = random.Random(20261124)
    bases = {n: json.loads((HERE.parent / "mini" / f"{n}.json").read_text()) for n in NAMES}
    known = bases["llama3_1"]["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    variants = []
    for i in range(60):
        name = NAMES[i % len(NAMES)]
        parts, flags, dropped, whole = variant(rng, name, bases[name], known)
        tokenizer = Tokenizer.from_str(json.dumps(whole))
        added = [a["content"] for a in whole["added_tokens"]]
        # Two added tokens with one normalized form: which of them is found is chance.
        forms = [tokenizer.id_to_token(a["id"]) for a in whole["added_tokens"]]
        if len(set(forms)) < len(forms):
            continue
        lines = [encode(tokenizer, text(rng, added)) for _ in range(12)]
        variants.append({"base": name, "parts": parts, "model": flags, "dropped": dropped, "lines": lines})
    (HERE / "golden.json").write_text("[\n" + ",\n".join(json.dumps(v, separators=(",", ":")) for v in variants) + "\n]\n")
    print(len(variants), "variants")


if __name__ == "__main__":
    main()
