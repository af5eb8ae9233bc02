"""Runs premlp and its peers side by side, in turn, in one run: `make bench-peers`.

Writes peers.json, peers.md and job.png into --out.
"""
import argparse, importlib.metadata, json, math, os, signal, sys, tempfile, time

import gguf_files
import processes
import report
import tasks

# The weights are the same in all programs, so rows differ by rounding alone.
TOLERANCE = {"f32": 1e-3, "bf16": 3e-2}


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--premlp", default="bin/premlp", help="the program")
    p.add_argument("--model", default="smollm2-135m", help="a GGUF file of type Q4_1, or a catalogue name")
    p.add_argument("--concept", default="France")
    p.add_argument("--controls", default="docs/examples/france-controls.txt")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--batch", type=int, default=35, help="questions that PyTorch computes at once")
    p.add_argument("--runs", type=int, help="timed runs of everything (default by group)")
    p.add_argument("--only", default="", help="groups, separated by commas: " + ", ".join(tasks.GROUPS))
    p.add_argument("--skip", default="", help="peers to leave out, separated by commas: numpy, torch, lens, llama")
    p.add_argument("--out", default="out/bench-peers")
    a = p.parse_args()
    a.only = [g for g in a.only.split(",") if g] or list(tasks.GROUPS)
    a.skip = [s for s in a.skip.split(",") if s]
    for name in a.only:
        if name not in tasks.GROUPS:
            p.error(f"--only: want some of {', '.join(tasks.GROUPS)}, have {name}")
    a.premlp, a.controls, a.out = map(os.path.abspath, (a.premlp, a.controls, a.out))
    return a


def note(text):
    print(text, file=sys.stderr, flush=True)


def premlp(a, *args):
    """Runs premlp and returns its document."""
    return json.loads(processes.once([a.premlp, *args, "--json"])[1])


def prepare(a, work):
    """Finds the model, makes the other files and the list of questions."""
    note("finding the model and the questions")
    a.model = os.path.abspath(premlp(a, "inspect", a.model)["path"])
    a.job = ["--model", a.model, "--concept", a.concept, "--controls", a.controls]
    dataset = os.path.join(work, "questions")
    summary = premlp(a, "collect", *a.job, "-o", dataset, "--threads", str(a.threads))
    lines = [json.loads(line) for line in open(os.path.join(dataset, "questions.jsonl"))]
    questions = [{"ids": q["ids"], "rows": q["rows"]} for q in lines]
    a.questions = os.path.join(work, "questions.json")
    json.dump(questions, open(a.questions, "w"))
    make_files(a)
    return summary, reference(a, questions[0], work)


def make_files(a):
    """Makes what the peers load beside the model's own file; a failure shows in the rows that need it."""
    folder = os.path.join(a.out, "files")
    os.makedirs(folder, exist_ok=True)
    a.files = {"Q4_1": a.model}
    if "llama" not in a.skip and {"prefill", "decode"} & set(a.only):
        note("making GGUF files of other types")
        a.files = gguf_files.make(a.model, folder)
    a.folders = {d: os.path.join(folder, f"{os.path.basename(a.model)}.{d}") for d in ("f32", "bf16")}
    for dtype, path in a.folders.items():
        if {"torch", "lens"} <= set(a.skip):
            break
        note(f"making safetensors in {dtype}")
        try:
            processes.once(tasks.python("torch_files.py", {"model": a.model, "dtype": dtype, "folder": path, "threads": a.threads}))
        except RuntimeError as error:
            note(f"  {error}")


def reference(a, question, work):
    """The length of the first question's rows by premlp, which the peers' are compared with."""
    import numpy as np
    from safetensors.numpy import load_file

    path = os.path.join(work, "first.safetensors")
    premlp(a, "dump", "--model", a.model, "--ids", ",".join(map(str, question["ids"])), "--no-logits", "-o", path)
    rows = [t[question["rows"]] for name, t in load_file(path).items() if name.startswith("mlp_in.")]
    return float(np.linalg.norm(np.stack(rows)))


def measure(group, runs, workers, want):
    """Runs the group's tasks in turn and returns its rows. What fails is left out and named."""
    rows = [{"name": t.name, "amount": t.amount, "beside": t.beside, "seconds": []} for t in group]
    for round in range(runs + 1):
        for task, row in zip(group, rows):
            if "error" in row:
                continue
            idle = {name: w.processor_seconds() for name, w in workers.items() if name != task.worker}
            start = time.perf_counter()
            try:
                answer = task.run(workers)
                check(answer, want, task.tolerance)
            except Exception as error:
                row["error"] = f"{type(error).__name__}: {error}" if not isinstance(error, RuntimeError) else str(error)
                note(f"  {task.name}: {row['error']}")
                continue
            elapsed = time.perf_counter() - start
            for name, before in idle.items():
                now = workers[name].processor_seconds()
                if before is not None and now is not None and now - before > max(0.02, 0.02 * elapsed):
                    row["disturbed_by"] = name
            if round > 0:
                row["seconds"].append(answer["seconds"])
            row.update({k: v for k, v in answer.items() if k != "seconds"})
            time.sleep(0.05)  # until the worker's threads have gone to sleep
        note(f"  round {round} of {runs}")
    for row in rows:
        if row["seconds"] and "error" not in row:
            row["times"] = report.summarize(row["seconds"])
    report.add_ratios(rows)
    return rows


def check(answer, want, tolerance):
    """Refuses rows that are not premlp's."""
    have = answer.get("check")
    if have is not None and not math.isclose(have, want, rel_tol=TOLERANCE[tolerance]):
        raise RuntimeError(f"other rows: want a length of {want:.6g}, have {have:.6g}")


def run_group(a, name, work, summary, want):
    """One group, with the workers that it needs, started before and ended after it."""
    title, runs, unit, make = tasks.GROUPS[name]
    title = title.format(questions=summary["questions"])
    note(title)
    group = [t for t in make(a, work) if t.peer not in a.skip]
    workers, failed = {}, {}
    for task in group:
        if task.worker and task.worker not in workers and task.worker not in failed:
            log = os.path.join(work, task.worker.replace(" ", "-") + ".log")
            try:
                workers[task.worker] = processes.Worker(task.command, log)
            except Exception as error:
                note(f"  {task.worker}: {error}")
                failed[task.worker] = str(error)
    ready = [t for t in group if t.worker not in failed]
    rows = [{"name": t.name, "error": failed[t.worker]} for t in group if t.worker in failed]
    try:
        rows = measure(ready, a.runs or runs, workers, want) + rows
    finally:
        for worker in workers.values():
            worker.close()
    return {"group": name, "title": title, "unit": unit, "rows": rows}


def versions():
    found = {}
    for package in ("torch", "transformers", "transformer_lens", "llama-cpp-python", "numpy", "gguf"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def main():
    a = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that workers end and the temporary folder goes
    os.makedirs(a.out, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="premlp-peers-") as work:
        summary, want = prepare(a, work)
        note("measuring the machine")
        a.machine = premlp(a, "bench", "kernels", "--shapes", "512,576,1536", "--threads", str(a.threads))["machine"]
        document = {"machine": a.machine, "threads": a.threads, "versions": versions(), "job": summary, "notes": tasks.notes(a), "groups": []}
        for name in a.only:
            document["groups"].append(run_group(a, name, work, summary, want))
            write(a, document)
        print(report.markdown(document))


def write(a, document):
    with open(os.path.join(a.out, "peers.json"), "w") as f:
        json.dump(document, f, indent=2)
    with open(os.path.join(a.out, "peers.md"), "w") as f:
        f.write(report.markdown(document))
    job = next((g for g in document["groups"] if g["group"] == "job"), None)
    if job and any("times" in r for r in job["rows"]):
        try:
            report.picture(job, document["machine"], os.path.join(a.out, "job.png"))
        except ImportError as error:
            note(f"no picture: {error}")


if __name__ == "__main__":
    main()
