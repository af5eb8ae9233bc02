"""The runner's side: workers that live through the run, and processes that are started anew."""
import json, os, subprocess, time


class Worker:
    """A process that answers one line for each line."""

    def __init__(self, command, log):
        self.log = log
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(log, "w"), text=True
        )
        self.read()  # ready

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("ended: " + tail(self.log))
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.read()

    def processor_seconds(self):
        """User and system time so far; None where the system does not say."""
        try:
            fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def tail(path):
    """The last line that a log holds."""
    lines = open(path).read().strip().splitlines()
    return lines[-1] if lines else "nothing printed"


def once(command):
    """Runs a process to its end and returns its seconds and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"status {done.returncode}: {(done.stderr.strip().splitlines() or ['nothing printed'])[-1]}")
    return seconds, done.stdout
