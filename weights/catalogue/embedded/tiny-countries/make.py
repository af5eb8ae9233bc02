"""Trains the embedded model and writes its files beside this one.

    python make.py [--steps N] [--out DIR]

Needs torch, transformers and tokenizers; see MODEL_CARD.md for the versions.
"""

import argparse
import json
import math
import pathlib
import random
import time

import tokenizers
import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import corpus

transformers.utils.logging.disable_progress_bar()
SEED = 20
VOCAB = 2048
BATCH_TOKENS = 1024
PEAK = 2e-3
PROMPT_WEIGHT = 0.15  # of a prompt's tokens in the loss; an answer's have 1

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def make_tokenizer():
    """Trains a byte-level BPE whose words are the corpus's."""
    writer = corpus.Writer(random.Random(SEED))
    texts = ["".join(writer.text()) for _ in range(40000)]
    for mark in (corpus.START, corpus.END, corpus.STOP):
        texts = [t.replace(mark, "\n") for t in texts]
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=VOCAB, min_frequency=2, show_progress=False,
        special_tokens=[corpus.STOP, corpus.START, corpus.END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    return t


def make_model(vocab):
    """Returns the untrained model."""
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(
        vocab_size=vocab, hidden_size=128, intermediate_size=256, num_hidden_layers=6, num_attention_heads=4,
        num_key_value_heads=4, head_dim=32, max_position_embeddings=512, rms_norm_eps=1e-5,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=[2, 0], pad_token_id=0, initializer_range=0.04, use_cache=True))


def batches(writer, tokenizer):
    """Yields (ids, weights) of texts of like length: ids [B, T], weights [B, T]
    of each token as a target."""
    while True:
        texts = []
        for prompt, answer in (writer.text() for _ in range(1024)):
            head = tokenizer.encode(prompt).ids
            tail = tokenizer.encode(answer).ids
            texts.append((head + tail, [PROMPT_WEIGHT] * len(head) + [1.0] * len(tail)))
        texts.sort(key=lambda t: len(t[0]))
        cut, at = [], 0
        while at < len(texts):
            n = at + 1
            while n < len(texts) and (n - at + 1) * len(texts[n][0]) <= BATCH_TOKENS:
                n += 1
            cut.append(texts[at:n])
            at = n
        writer.random.shuffle(cut)
        for part in cut:
            longest = len(part[-1][0])
            yield (torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in part]),
                   torch.tensor([w + [0.0] * (longest - len(w)) for _, w in part]))


def train(model, tokenizer, steps, save):
    """Trains with AdamW: warm-up, then a cosine down to a hundredth."""
    decay = [p for p in model.parameters() if p.dim() > 1]
    rest = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}],
                                  lr=PEAK, betas=(0.9, 0.98))
    source, start, tokens = batches(corpus.Writer(random.Random(SEED + 1)), tokenizer), time.time(), 0
    for step in range(steps):
        rate = PEAK * min((step + 1) / 100, 0.01 + 0.99 * (1 + math.cos(math.pi * step / steps)) / 2)
        for group in optimizer.param_groups:
            group["lr"] = rate
        ids, weights = next(source)
        logits = model(input_ids=ids[:, :-1], use_cache=False).logits
        each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
        w = weights[:, 1:].flatten()
        loss = (each * w).sum() / w.sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        tokens += ids.numel()
        if step % 50 == 0 or step == steps - 1:
            print(f"step {step} loss {loss.item():.3f} {tokens / 1e6:.2f} M tokens {time.time() - start:.0f} s", flush=True)
        if (step + 1) % 500 == 0 or step == steps - 1:
            save()
            report(model, tokenizer)


@torch.no_grad()
def right(model, tokenizer, exchanges):
    """Says of each (question, answer) whether the answer is what the model writes
    greedily: whether each of its tokens is the most probable one, given those
    before."""
    marks = []
    for question, answer in exchanges:
        prompt, tail = corpus.chat(question, answer).rsplit("assistant\n", 1)
        head = tokenizer.encode(prompt + "assistant\n").ids
        tail = tokenizer.encode(tail.removesuffix("\n")).ids
        best = model(input_ids=torch.tensor([head + tail])).logits[0, len(head) - 1 : -1].argmax(-1)
        marks.append(best.tolist() == tail)
    return marks


def report(model, tokenizer):
    """Prints how many questions of each kind are answered right: in the default
    wording, and in the one that is not trained on."""
    rows = corpus.facts()
    for which, name in ((0, "default"), (-1, "unseen")):
        line = []
        for kind, wordings in corpus.QUESTIONS.items():
            marks = right(model, tokenizer, [
                (wordings[which].format(c=r["country"]), corpus.sentence(corpus.ANSWERS[kind][0].format(c=r["country"], a=r[kind])))
                for r in rows])
            line.append(f"{kind} {sum(marks)}/{len(marks)}")
        print(f"  {name}: {', '.join(line)}", flush=True)


def write(model, tokenizer, out):
    """Writes the checkpoint's files, weights rounded to bfloat16."""
    out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(out / "tokenizer.json"))
    copy = make_model(tokenizer.get_vocab_size())
    copy.load_state_dict(model.state_dict())
    copy.to(torch.bfloat16).save_pretrained(out)
    (out / "model.safetensors").chmod(0o644)
    (out / "generation_config.json").unlink(missing_ok=True)
    config = {"bos_token": None, "eos_token": corpus.END, "pad_token": corpus.STOP, "unk_token": None,
              "model_max_length": 512, "tokenizer_class": "PreTrainedTokenizerFast", "chat_template": TEMPLATE}
    (out / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--steps", type=int, default=2400)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    a = p.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(a.threads)
    tokenizer = make_tokenizer()
    model = make_model(tokenizer.get_vocab_size())
    print(f"{tokenizer.get_vocab_size()} tokens, {sum(p.numel() for p in model.parameters())} parameters;",
          f"torch {torch.__version__}, transformers {transformers.__version__}, tokenizers {tokenizers.__version__}", flush=True)
    train(model, tokenizer, a.steps, lambda: write(model, tokenizer, a.out))


if __name__ == "__main__":
    main()
