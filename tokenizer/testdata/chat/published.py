"""Renders a folder of published chat templates with transformers' own function.

    python published.py FOLDER [TEXTS.json]

writes published.json: of each template its SHA-256 and those of its renderings,
or the error of one that fails. No text of a template is kept. TEXTS.json gets
the renderings themselves, to look at a difference.
"""
import datetime
import hashlib
import json
import pathlib
import sys

import jinja2
import transformers
from transformers.utils import chat_template_utils

NOW = datetime.datetime(2024, 7, 4, 9, 5, 3)
TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
CONVERSATIONS = [
    [("system", "You answer in one word."), ("user", "What is the capital of France?")],
    [("user", "Was \"Mont Blanc\" seen from l'\u00cele & <b>\u65e5\u672c</b>?\n")],
    [("user", "Name a river."), ("assistant", "The Loire.\n"), ("user", "  Another one, {{ please }}!")],
]


class Pinned(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def render(source, conversation):
    try:
        rendered, _ = chat_template_utils.render_jinja_template(
            [[{"role": r, "content": c} for r, c in conversation]],
            chat_template=source, add_generation_prompt=True, **TOKENS)
        return rendered[0], None
    except Exception as e:  # the golden value is that it fails
        return None, f"{type(e).__name__}: {e}"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def main():
    chat_template_utils.datetime = Pinned
    cases, texts = [], {}
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.jinja")):
        source = path.read_bytes().decode()
        texts[path.stem] = [render(source, c) for c in CONVERSATIONS]
        cases.append({"name": path.stem, "sha256": sha256(path.read_bytes()), "renderings": [
            {"sha256": sha256(text.encode())} if error is None else {"error": error[:120]}
            for text, error in texts[path.stem]]})
    golden = {"made_with": f"transformers {transformers.__version__}, jinja2 {jinja2.__version__}",
              "now": NOW.isoformat() + "Z", "tokens": TOKENS,
              "conversations": [[{"role": r, "content": c} for r, c in c] for c in CONVERSATIONS], "templates": cases}
    pathlib.Path(__file__).with_name("published.json").write_text(json.dumps(golden, indent=1) + "\n")
    if len(sys.argv) > 2:
        pathlib.Path(sys.argv[2]).write_text(json.dumps(texts, indent=1))


if __name__ == "__main__":
    main()
