"""Trains small SentencePiece models on the golden strings and writes what
the sentencepiece library makes of them: *.model, golden.json.gz and
nmt_nfkc.bin.gz, the rules that come with the library, which tests append to the
models that use them.
"""
import gzip
import io
import json
import pathlib
import random

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb

HERE = pathlib.Path(__file__).parent
STRINGS = [json.loads(line)["s"] for line in (HERE.parent / "mini-golden" / "gpt2.jsonl").read_text().splitlines()[1:]]
OWN = ["<start_of_turn>", "\n\n", "  ", "France", "F", "\u25b1", "<b>", "a b", "\u00e9t\u00e9"]
RULES = HERE / "rules.tsv"

LLAMA = dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True)
MODELS = {
    "llama": LLAMA,
    "gemma": {**LLAMA, "add_dummy_prefix": False, "user_defined_symbols": OWN},
    "bpe_nfkc": dict(model_type="bpe", normalization_rule_name="nmt_nfkc"),
    "bpe_suffix": dict(model_type="bpe", normalization_rule_name="identity", treat_whitespace_as_suffix=True, user_defined_symbols=OWN),
    "unigram_nfkc": dict(model_type="unigram", normalization_rule_name="nmt_nfkc"),
    "unigram_own": dict(model_type="unigram", byte_fallback=True, normalization_rule_name="identity", user_defined_symbols=OWN, remove_extra_whitespaces=False),
    "unigram_rules": dict(model_type="unigram", normalization_rule_tsv=str(RULES), control_symbols=["<ctrl>"], unk_surface=" (?) "),
}


def corpus():
    return [line for s in STRINGS for line in s.split("\n") if line.strip() and all(" " <= char < "\u0180" for char in line)]


def train(name, options):
    out = io.BytesIO()
    size = dict(vocab_size=700 if options.get("byte_fallback") else 600, hard_vocab_limit=False)
    spm.SentencePieceTrainer.train(sentence_iterator=iter(corpus()), model_writer=out, character_coverage=0.995, num_threads=1,
                                   minloglevel=2, **size, **options)
    model = pb.ModelProto.FromString(out.getvalue())
    model.trainer_spec.ClearField("input")
    if model.normalizer_spec.normalization_rule_tsv:  # where it lay is nobody's business
        model.normalizer_spec.normalization_rule_tsv = RULES.name
    if name == "unigram_own":  # what no training makes: pieces that are not used, ties
        normal = [p for p in model.pieces if p.type == p.NORMAL]
        for piece in normal[40:300:7]:
            piece.type = piece.UNUSED
        for piece in normal[1:400:3]:
            piece.score = -5.0
    return model


def strings(model):
    control = [p.piece for p in model.pieces if p.type == p.CONTROL]
    drawn = random.Random(1)
    parts = [" ", "  ", "\u3000", "\t", "\n", "France", "F", "a b", "fr", "the ", "\u25b1", "\u2581", "\u00e9t\u00e9", "\ufb01", "\u2460", "\u0301", "1234", "<b>",
             "\u65e5\u672c", "\U0001f600", "x", "Paris ", "aaaa", "hahaha", "\u200b", "\u00a0", "<start_of_turn>", "\x00", "\x07", "\uff21\uff22", "\u3042\u3099", "\ufffd"]
    more = ["".join(drawn.choice(parts) for _ in range(drawn.randint(1, 12))) for _ in range(200)]
    return [s for s in STRINGS + more if not any(c in s for c in control)]


def line(processor, text):
    proto = processor.encode(text, return_type="proto")
    pieces = list(proto.pieces)
    spans, i = [], 0
    while i < len(pieces):
        last = i
        # The bytes of one character: only the last has its place.
        while last + 1 < len(pieces) and processor.is_byte(pieces[last].id) and processor.is_byte(pieces[last + 1].id) and pieces[last].begin == pieces[last].end:
            last += 1
        spans += [[pieces[i].begin, pieces[last].end]] * (last + 1 - i)
        i = last + 1
    ids = [p.id for p in pieces]
    return {"s": text, "ids": ids, "boff": [x for s in spans for x in s], "decs": processor.decode(ids)}


def main():
    RULES.write_text("41\t61\n42 43\t62\nE9\t65 301\n2460\t31 29\n7\t\nA0\t20\n66 72\t46 52\n")  # A; BC; e acute; circled 1; bell; no-break space; fr
    golden = []
    for name, options in MODELS.items():
        model = train(name, options)
        processor = spm.SentencePieceProcessor(model_proto=model.SerializeToString())
        lines = [line(processor, s) for s in strings(model)]
        rules = model.normalizer_spec.precompiled_charsmap
        shared = options.get("normalization_rule_name") == "nmt_nfkc"
        if shared:
            (HERE / "nmt_nfkc.bin.gz").write_bytes(gzip.compress(rules, 9, mtime=0))
            model.normalizer_spec.ClearField("precompiled_charsmap")
        (HERE / f"{name}.model").write_bytes(model.SerializeToString())
        golden.append({"name": name, "nmt_nfkc": shared, "lines": lines})
    RULES.unlink()
    text = json.dumps({"made_with": f"sentencepiece {spm.__version__}", "models": golden}, separators=(",", ":")).replace('{"s"', '\n{"s"')
    (HERE / "golden.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
