"""Times summed up as premlp bench does, the table, and the picture."""
import statistics


def summarize(seconds):
    """Best, median, worst, and the distance of the quartiles as a share of the median."""
    ordered = sorted(seconds)

    def quantile(q):
        at = q * (len(ordered) - 1)
        i = int(at)
        return ordered[i] + (at - i) * (ordered[min(i + 1, len(ordered) - 1)] - ordered[i])

    median = statistics.median(ordered)
    return {
        "runs": len(ordered), "best_s": ordered[0], "median_s": median, "worst_s": ordered[-1],
        "spread": (quantile(0.75) - quantile(0.25)) / median,
    }


def add_ratios(rows):
    """Every row's time as a multiple of the row it stands beside, at best and median."""
    first = next((r["name"] for r in rows if r["name"].startswith("premlp") and "times" in r), None)
    times = {r["name"]: r["times"] for r in rows if "times" in r}
    for row in rows:
        ours = times.get(row.get("beside") or first)
        if ours and "times" in row:
            row["ratio"] = {k: row["times"][f"{k}_s"] / ours[f"{k}_s"] for k in ("best", "median")}


def markdown(document):
    """The whole document as text."""
    machine = document["machine"]
    out = [
        f"Measured on {machine['cpu'] or machine['arch']}, {machine['cores']} cores ({' '.join(machine['features'])}), "
        f"{document['threads']} threads, everything in one run and in turn.",
        "",
        *(f"- FMA peak, {p['threads']} threads: best {p['best']:.1f}, median {p['median']:.1f} GFLOP/s" for p in machine["fma_peak_gflops"]),
        *(f"- reads of memory, {r['threads']} threads: best {r['best']:.1f} GB/s" for r in machine["dram_read_gb_per_s"]),
        f"- premlp: {machine['go']}, kernel {machine['kernel']}; " + ", ".join(f"{k} {v}" for k, v in document["versions"].items()),
        *(f"- {note}" for note in document["notes"]),
    ]
    for group in document["groups"]:
        rate = f" {group['unit']} |" if group["unit"] else ""
        out += ["", f"## {group['title']}", "", f"| who | best | median | spread |{rate} of premlp's time, best / median |"]
        out.append("|---|---|---|---|" + ("---|" if group["unit"] else "") + "---|")
        for row in group["rows"]:
            out.append("| " + " | ".join(cells(row, group["unit"])) + " |")
    return "\n".join(out) + "\n"


def cells(row, unit):
    """One line of a table."""
    if "times" not in row:
        return [row["name"], "not measured: " + row["error"].replace("|", "/"), "", ""] + ([""] if unit else []) + [""]
    t = row["times"]
    line = [row["name"], f"{t['best_s']:.3f} s", f"{t['median_s']:.3f} s", f"{100 * t['spread']:.0f} %"]
    if unit:
        line.append(f"{row['amount'] / t['best_s']:.0f} / {row['amount'] / t['median_s']:.0f}")
    ratio = row.get("ratio")
    return line + [f"{ratio['best']:.2f} × / {ratio['median']:.2f} ×" if ratio else ""]


def picture(group, machine, path):
    """Horizontal bars of a group's median times, premlp's in a colour of their own."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = sorted((r for r in group["rows"] if "times" in r), key=lambda r: r["times"]["median_s"], reverse=True)
    values = [r["times"]["median_s"] for r in rows]
    colours = ["#c0392b" if r["name"].startswith("premlp") else "#b8bec6" for r in rows]
    figure, axis = plt.subplots(figsize=(9, 0.45 * len(rows) + 1.5), facecolor="white")
    bars = axis.barh([r["name"] for r in rows], values, color=colours, height=0.7)
    axis.bar_label(bars, [f"{v:.2f} s" for v in values], padding=4, fontsize=10)
    axis.set_xlim(0, max(values) * 1.12)
    axis.set_xlabel("seconds, median; shorter is better", fontsize=9)
    axis.set_title(group["title"], fontsize=11, loc="left")
    axis.spines[["top", "right"]].set_visible(False)
    figure.text(0.99, 0.01, machine["cpu"] or machine["arch"], ha="right", fontsize=7, color="0.5")
    figure.tight_layout()
    figure.savefig(path, dpi=130)
