"""Writes golden.json.gz: what the tokenizers library makes of strings with the
published pipelines of names of tokenizer.ggml.pre that no mini tokenizer has,
each on the vocabulary of the mini gpt2.
"""
import gzip
import json
import pathlib
import random

import tokenizers
from tokenizers import Regex, Tokenizer, normalizers
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence, Split

HERE = pathlib.Path(__file__).parent
CASED = (HERE / "cased_letters.txt").read_text().strip()
FOLDED = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"


def pipeline(*stages):
    return Sequence([Split(Regex(s), "isolated") if isinstance(s, str) else s for s in stages] + [ByteLevel(add_prefix_space=False, use_regex=False)])


LLAMA3 = FOLDED + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CJK = "[一-龥ࠀ-一가-\ud7ff]+"
PRE = {
    "dbrx": (None, pipeline(LLAMA3)),
    "glm4": (None, pipeline(LLAMA3)),
    "refact": (None, Sequence([Digits(True), ByteLevel(add_prefix_space=False)])),
    "qwen35": (normalizers.NFC(), pipeline(FOLDED + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")),
    "seed-coder": (None, pipeline(FOLDED + "|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+|\\s*[\r\n]+|\\s+(?!\\S)|\\s+")),
    "deepseek-llm": (None, pipeline("[\r\n]", r"\s?[" + CASED + "]+", "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+", r"\s+$", CJK, Digits(True))),
    "deepseek-coder": (None, pipeline("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", CJK, Digits(True))),
}


def strings():
    lines = (HERE.parent / "mini-golden" / "gpt2.jsonl").read_text().splitlines()[1:]
    drawn = random.Random(7)
    parts = ["France", "don't", "IT'S", " ", "  ", "\n", "\r\n", "\t", "12345", "\u00e9", "\u01c5", "\u02b0", "\u4e2d\u6587", "\u3042", "\ud55c", "\u3000", "\u3001", "!", "...", "\uff01",
             "\u0301", "\u0930\u093f", "\u2019", "\u00b2", "\u2160", "$", "+=", "x", "Q", "\u1f7d", "\u03ce", "\u0e01", "\u05d0", "\U0001f600", "_", "\u00a0", "\u017f", "'\u017f"]
    return [json.loads(line)["s"] for line in lines] + ["".join(drawn.choice(parts) for _ in range(drawn.randint(1, 10))) for _ in range(300)]


def main():
    base = json.loads((HERE.parent / "mini" / "gpt2.json").read_text())
    golden = []
    for name, (normalizer, pre) in PRE.items():
        file = {**base, "added_tokens": []}
        file["model"]["ignore_merges"] = name == "glm4"
        tokenizer = Tokenizer.from_str(json.dumps(file))
        tokenizer.pre_tokenizer = pre
        if normalizer:
            tokenizer.normalizer = normalizer
        lines = []
        for text in strings():
            e = tokenizer.encode(text, add_special_tokens=False)
            at = [0]
            for char in text:
                at.append(at[-1] + len(char.encode()))
            lines.append({"s": text, "ids": e.ids, "boff": [at[x] for o in e.offsets for x in o]})
        golden.append({"pre": name, "lines": lines})
    text = json.dumps({"made_with": f"tokenizers {tokenizers.__version__}", "names": golden}, separators=(",", ":")).replace('{"s"', '\n{"s"')
    (HERE / "golden.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
