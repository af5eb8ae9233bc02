"""compare.py FORM DATASET EXPORT: compares every value of an export with the dataset it was made of.

It runs the snippet of docs/exports.md for every site and layer. Exit status 3: a library is missing."""
import glob, importlib, json, os, struct, sys
import numpy as np

form, folder, path = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
NEEDS = {"npz": [], "safetensors": ["safetensors"], "parquet": ["pandas", "pyarrow"], "hf": ["datasets"], "seed": []}
try:
    import msgpack
    for name in NEEDS[form]:
        importlib.import_module(name)
except ImportError as missing:
    print(missing)
    sys.exit(3)

m = json.load(open(f"{folder}/manifest.json", encoding="utf-8"))
questions = [json.loads(line) for line in open(f"{folder}/questions.jsonl", encoding="utf-8")]
KIND = {"f32": "<f4", "f16": "<f2", "bf16": "<u2"}[m["dtype"]]


def widen(x):
    """Stored values as float32."""
    return (x.astype("<u4") << 16).view("<f4") if m["dtype"] == "bf16" else x.astype("<f4")


# What is stored: per site [rows, layers, D] and the norm's statistics.
stored, stats = {s: [] for s in m["sites"]}, {s: [] for s in m["sites"]}
for name in sorted(glob.glob(f"{folder}/rows-*.msgpack")):
    data, at = open(name, "rb").read(), 8
    while True:
        (size,) = struct.unpack_from("<I", data, at)
        frame, at = msgpack.unpackb(data[at + 8 : at + 8 + size]), at + 8 + size
        if "q" not in frame:
            break
        for site in m["sites"]:
            stored[site].append(np.frombuffer(frame[site], KIND).reshape(len(m["layers"]), frame["n"], m["dim"]))
            s = np.frombuffer(frame.get(site + ".scale", b""), "<f4")
            stats[site].append(s.reshape(len(m["layers"]), frame["n"], -1))
join = lambda parts: np.concatenate(parts, axis=1)
stored, stats = {s: join(v) for s, v in stored.items()}, {s: join(v) for s, v in stats.items()}

per_row = lambda f: [v for i, q in enumerate(questions) for v in f(i, q)]
repeat = lambda key: per_row(lambda i, q: [q[key]] * len(q["rows"]))
question = per_row(lambda i, q: [i] * len(q["rows"]))
position = per_row(lambda i, q: q["rows"])
token = per_row(lambda i, q: [q["ids"][p] for p in q["rows"]])
decoded = per_row(lambda i, q: q["tokens"])
target = np.array(repeat("set")) == "target"
concepts = list(dict.fromkeys([m["target"]] + [q["concept"] for q in questions]))
compared = 0


def same(what, have, want):
    global compared
    have, want = np.asarray(have), np.asarray(want)
    if have.shape != want.shape or not np.array_equal(have, want):
        sys.exit(f"{form}: {what}: want {want.dtype} {want.shape} {want.ravel()[:5]}, have {have.dtype} {have.shape} {have.ravel()[:5]}")
    compared += want.size


def snippet(site, layer):
    found = {"path": path, "site": site, "layer": layer}
    exec(open(f"{here}/snippets/{form}.py").read(), found)
    return found


def arrays(load, kind):
    """The arrays of npz and safetensors; kind is the type the rows have there."""
    for name, want in ("question", question), ("position", position), ("token", token), ("set", target):
        same(name, load(name), np.array(want, "<i4"))
    same("concept", [concepts[i] for i in load("concept")], repeat("concept"))
    assert load("questions.jsonl").tobytes() == open(f"{folder}/questions.jsonl", "rb").read()
    for site in m["sites"]:
        for k, layer in enumerate(m["layers"]):
            x = load(f"{site}.{layer}")
            assert x.dtype == kind, (x.dtype, kind)
            same(f"{site}.{layer}", x, widen(stored[site][k]).astype(kind))
            if site in m["stats_per_row"]:
                same(f"{site}.{layer}.stats", load(f"{site}.{layer}.stats"), stats[site][k])
            if m["dtype"] != "bf16" or form == "npz":
                found = snippet(site, layer)
                same("x", found["x"], x)
                same("target", found["target"], target)
                same("names", found["names"], repeat("concept"))


def npz():
    data = np.load(path)
    assert data["concepts"].tolist() == concepts and data["sets"].tolist() == ["control", "target"]
    assert json.loads(data["manifest.json"].tobytes()) == m
    arrays(lambda name: data[name], {"f16": np.float16}.get(m["dtype"], np.float32))


def safetensors():
    from safetensors import safe_open
    import safetensors as library

    with safe_open(path, "np") as data:
        meta, keys = data.metadata(), set(data.keys())
        assert json.loads(meta["manifest"]) == m and json.loads(meta["concepts"]) == concepts
        assert json.loads(meta["sets"]) == ["control", "target"] and meta["format"] == "premlp-export"
        want = {"question", "position", "token", "concept", "set", "questions.jsonl"}
        want |= {f"{s}.{l}{e}" for s in m["sites"] for l in m["layers"] for e in ("", ".stats") if not e or s in m["stats_per_row"]}
        assert keys == want, keys ^ want
        if m["dtype"] != "bf16":
            return arrays(data.get_tensor, {"f32": np.float32, "f16": np.float16}[m["dtype"]])
    # numpy has no bf16: the bytes as the library gives them.
    raw = dict(library.deserialize(open(path, "rb").read()))
    kinds = {"I32": "<i4", "U8": "u1", "F32": "<f4", "BF16": "<u2"}

    def load(name):
        x = np.frombuffer(bytes(raw[name]["data"]), kinds[raw[name]["dtype"]]).reshape(raw[name]["shape"])
        return widen(x) if raw[name]["dtype"] == "BF16" else x

    arrays(load, np.float32)


def columns(column, site, k):
    """The columns of one site and layer of Parquet."""
    for name, want in ("position", position), ("token_id", token), ("token", decoded):
        same(name, column(name), want)
    for name in "set", "concept", "template", "type", "text":
        same(name, column(name), repeat(name))
    same("question", column("question"), repeat("id"))
    same("activation", np.stack(column("activation")), widen(stored[site][k]))
    same("stats", np.stack(column("stats")).reshape(stats[site][k].shape), stats[site][k])


def parquet():
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    meta = {k.decode(): v.decode() for k, v in file.metadata.metadata.items()}
    assert json.loads(meta["premlp.manifest"]) == m and json.loads(meta["premlp.concepts"]) == concepts
    groups = file.metadata.num_row_groups
    assert groups >= len(m["sites"]) * len(m["layers"]), groups
    table = file.read()
    n, at = m["rows"], 0
    for site in m["sites"]:
        for k, layer in enumerate(m["layers"]):
            part = table.slice(at, n)
            at += n
            same("site", part["site"].to_numpy(), [site] * n)
            same("layer", part["layer"].to_numpy(), [layer] * n)
            columns(lambda name: part[name].to_numpy(zero_copy_only=False), site, k)
            found = snippet(site, layer)
            same("x", found["x"], widen(stored[site][k]))
            same("target", found["target"], target)
            same("names", found["names"], repeat("concept"))
    assert at == table.num_rows


def hf():
    import datasets

    datasets.disable_progress_bars()
    rows = datasets.load_dataset(path, split="train")
    listed = datasets.load_dataset(path, "questions", split="train")
    assert [dict(q) for q in listed] == questions, next((a, b) for a, b in zip(listed, questions) if dict(a) != b)
    n, at = m["rows"], 0
    for site in m["sites"]:
        for k, layer in enumerate(m["layers"]):
            part = rows.select(range(at, at + n))
            at += n
            same("site", part["site"][:], [site] * n)
            same("layer", part["layer"][:], [layer] * n)
            columns(lambda name: np.array(part[name][:], "<f4") if name in ("activation", "stats") else part[name][:], site, k)
            found = snippet(site, layer)
            same("x", found["x"], widen(stored[site][k]))
            same("target", found["target"], target)
            same("names", found["names"], repeat("concept"))
    assert at == len(rows)


def records(data, site, value):
    """The records of a .pt file; value makes an array of stored values of a tensor."""
    assert list(data) == ["target_activations", "control_activations", "questions", "concepts"], list(data)
    assert data["questions"] == [q["text"] for q in questions] and data["concepts"] == concepts
    for key, which in ("target_activations", "target"), ("control_activations", "control"):
        at, list_ = 0, iter(data[key])
        for q in questions:
            n = len(q["rows"])
            for k, layer in enumerate(m["layers"]):
                if q["set"] != which:
                    continue
                r = next(list_)
                assert list(r) == ["question", "layer", "activations", "is_target_concept"], list(r)
                assert (r["question"], r["layer"], r["is_target_concept"]) == (q["text"], layer, which == "target"), r
                same("activations", value(r["activations"]), stored[site][k][at : at + n])
            at += n
        assert next(list_, None) is None, key


def seed():
    import pickled

    records(pickled.load(path), m["sites"][0], lambda x: x)


globals()[form]()
print(form, compared, "values")
