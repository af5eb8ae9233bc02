package jetstream

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"premlp/collect/jobs/queue"
)

// The tests run this binary again as a server or as a worker, so that they can
// kill it.
const (
	testLease = 600 * time.Millisecond // of the jobs that processes work on

	envRole = "PREMLP_TEST_ROLE" // server or worker
	envArgs = "PREMLP_TEST_ARGS" // see the roles
)

func TestMain(m *testing.M) {
	args := strings.Split(os.Getenv(envArgs), "|")
	switch os.Getenv(envRole) {
	case "":
		os.Exit(m.Run())
	case "server":
		runServer(args[0])
	case "worker":
		runWorker(args[0], args[1])
	case "publisher":
		runPublisher(args[0], args[1])
	}
}

// runServer is nats-server with a configuration file.
func runServer(config string) {
	o, err := server.ProcessConfigFile(config)
	if err == nil {
		o.NoSigs = true
		var s *server.Server
		if s, err = server.NewServer(o); err == nil {
			s.ConfigureLogger()
			s.Start()
			s.WaitForShutdown()
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// runWorker does tasks until it is told to end. The result of a task is a file
// of its name, made if absent.
func runWorker(url, store string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	q, err := Open(ctx, url, Options{Patience: time.Minute})
	if err == nil {
		err = queue.Worker{
			Queue: q, Heartbeat: testLease / 3, Grace: time.Second,
			Do: func(_ context.Context, t queue.Task) error { return compute(store, t) },
		}.Run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
}

// compute takes a moment and stores a task's result. A second result would be
// found: as a file of another name, or as other bytes.
func compute(store string, t queue.Task) error {
	name := filepath.Join(store, t.ID)
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	time.Sleep(30 * time.Millisecond)
	f, err := os.CreateTemp(store, ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(t.Body)
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), name); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}

// process is a program that tests kill and start again.
type process struct {
	t    testing.TB
	role string
	args string

	mu   sync.Mutex
	cmd  *exec.Cmd
	exit chan struct{}
}

func start(t testing.TB, role string, args ...string) *process {
	p := &process{t: t, role: role, args: strings.Join(args, "|")}
	p.start()
	t.Cleanup(p.kill)
	return p
}

func (p *process) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), envRole+"="+p.role, envArgs+"="+p.args)
	cmd.Stderr, cmd.Stdout = os.Stderr, os.Stdout
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.cmd, p.exit = cmd, make(chan struct{})
	go func(exit chan struct{}) {
		_ = cmd.Wait()
		close(exit)
	}(p.exit)
}

// kill ends the process at once and waits for its end.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.cmd.Process.Kill()
	<-p.exit
}

// freePorts returns ports that were free a moment ago.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// node is one server of a cluster, a process.
type node struct {
	*process
	url string
	dir string
}

// startServers starts a server, or a cluster of servers that keep copies of
// each other.
func startServers(t testing.TB, n int) []*node {
	t.Helper()
	ports := freePorts(t, 2*n)
	var routes []string
	for _, p := range ports[n:] {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", p))
	}
	nodes := make([]*node, n)
	for i := range nodes {
		dir := t.TempDir()
		text := fmt.Sprintf("server_name: n%d\nlisten: 127.0.0.1:%d\nlog_file: %q\njetstream { store_dir: %q }\n",
			i, ports[i], filepath.Join(dir, "log"), dir)
		if n > 1 {
			text += fmt.Sprintf("cluster { name: c, listen: 127.0.0.1:%d, routes: [%s] }\n", ports[n+i], strings.Join(routes, ", "))
		}
		config := filepath.Join(dir, "nats.conf")
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		nodes[i] = &node{start(t, "server", config), fmt.Sprintf("nats://127.0.0.1:%d", ports[i]), dir}
	}
	return nodes
}

func urls(nodes []*node) string {
	var all []string
	for _, n := range nodes {
		all = append(all, n.url)
	}
	return strings.Join(all, ",")
}

// openAt opens a queue, on a cluster as soon as that has chosen a leader.
func openAt(t testing.TB, url string, o Options) *natsQueue {
	t.Helper()
	q, err := open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	return q
}

// memory is a process's resident memory in MiB; most is the most it ever was.
func memory(t testing.TB, pid int) (now, most float64) {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip("memory is read from /proc:", err)
	}
	defer f.Close()
	return readMemory(f)
}

func readMemory(r io.Reader) (now, most float64) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 2 {
			continue
		}
		kib, _ := strconv.ParseFloat(f[1], 64)
		switch f[0] {
		case "VmRSS:":
			now = kib / 1024
		case "VmHWM:":
			most = kib / 1024
		}
	}
	return now, most
}
